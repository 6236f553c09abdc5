//! Directives as they were written, before anything is resolved.

use crate::diagnostic::Position;
use crate::transform::Transformation;
use crate::variable::Variable;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    All,
    /// Compared without regard to ASCII case.
    Name(String),
    Pattern(String),
}

/// One part of a target list, such as `ARGS:id`, `!ARGS:/^x/`, `&TX:score`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub variable: Variable,
    pub selector: Selector,
    pub count: bool,
    pub exclude: bool,
    pub position: Position,
}

/// `!@name parameter`.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub name: String,
    pub negated: bool,
    pub parameter: String,
    pub position: Position,
    pub parameter_position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disruption {
    Pass,
    Deny,
    Drop,
    /// Whatever the default action of the phase says.
    Block,
    Allow,
    AllowPhase,
    AllowRequest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assignment {
    Set(String),
    Add(String),
    Subtract(String),
    Unset,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetVar {
    pub collection: Variable,
    pub name: String,
    pub assignment: Assignment,
}

/// Which rules an update, a removal or a `ctl` speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleSelector {
    /// Inclusive ranges of ids.
    Ids(Vec<(u64, u64)>),
    Tag(String),
    Msg(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyProcessor {
    UrlEncoded,
    Multipart,
    Json,
    Xml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineMode {
    On,
    Off,
    DetectionOnly,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    RuleEngine(EngineMode),
    RemoveRules(RuleSelector),
    RemoveTargets(RuleSelector, Vec<Target>),
    RequestBodyProcessor(BodyProcessor),
    ForceRequestBodyVariable(bool),
    RequestBodyAccess(bool),
    ResponseBodyAccess(bool),
    /// About the audit log, which this engine leaves to its caller.
    Audit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ActionKind {
    Id(u64),
    Phase(u8),
    Msg(String),
    LogData(String),
    Severity(u8),
    Tag(String),
    Version(String),
    Transform(Transformation),
    TransformNone,
    SetVar(SetVar),
    InitCol(Variable, String),
    ExpireVar,
    Control(Control),
    Skip(u32),
    SkipAfter(String),
    Chain,
    Capture,
    MultiMatch,
    Log(bool),
    AuditLog(bool),
    Disrupt(Disruption),
    Redirect(String),
    Status(u16),
    /// Carried by rules, without meaning for the engine: `rev`, `maturity`, `accuracy`.
    Annotation,
}

#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub kind: ActionKind,
    pub position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LimitAction {
    Reject,
    ProcessPartial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    RuleEngine(EngineMode),
    RequestBodyAccess(bool),
    ResponseBodyAccess(bool),
    RequestBodyLimit(u64),
    RequestBodyNoFilesLimit(u64),
    RequestBodyLimitAction(LimitAction),
    ResponseBodyLimit(u64),
    ResponseBodyLimitAction(LimitAction),
    ResponseBodyMimeTypes(Vec<String>),
    JsonDepthLimit(u64),
    ArgumentsLimit(u64),
    ArgumentSeparator(u8),
    UnicodeMap {
        path: String,
        code_point: u32,
    },
    /// Known, and about something this engine does not do: audit and debug logs, temporary files.
    Elsewhere,
}

#[derive(Clone, Debug)]
pub(crate) enum Directive {
    Rule { targets: Vec<Target>, operator: Operator, actions: Vec<Action> },
    Action(Vec<Action>),
    DefaultAction(Vec<Action>),
    Marker(String),
    Remove(RuleSelector),
    UpdateTargets(RuleSelector, Vec<Target>),
    UpdateActions(u64, Vec<Action>),
    Setting(Setting),
}

#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub directive: Directive,
    pub position: Position,
}
