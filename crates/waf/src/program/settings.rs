//! What the configuration directives set.

use crate::seclang::ast::{EngineMode, LimitAction, Setting};

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub engine: EngineMode,
    pub request_body_access: bool,
    pub response_body_access: bool,
    pub request_body_limit: u64,
    pub request_body_no_files_limit: Option<u64>,
    pub request_body_limit_action: LimitAction,
    pub response_body_limit: u64,
    pub response_body_limit_action: LimitAction,
    pub response_mime_types: Vec<String>,
    pub json_depth_limit: u64,
    pub arguments_limit: u64,
    pub argument_separator: u8,
}

impl Default for Settings {
    /// ModSecurity's defaults, except that the engine and body access are on: who loads rules wants them run.
    fn default() -> Self {
        Self {
            engine: EngineMode::On,
            request_body_access: true,
            response_body_access: false,
            request_body_limit: 13_107_200,
            request_body_no_files_limit: None,
            request_body_limit_action: LimitAction::Reject,
            response_body_limit: 524_288,
            response_body_limit_action: LimitAction::ProcessPartial,
            response_mime_types: vec!["text/plain".into(), "text/html".into()],
            json_depth_limit: 64,
            arguments_limit: 1_000,
            argument_separator: b'&',
        }
    }
}

impl Settings {
    pub(crate) fn apply(&mut self, setting: Setting) {
        match setting {
            Setting::RuleEngine(mode) => self.engine = mode,
            Setting::RequestBodyAccess(on) => self.request_body_access = on,
            Setting::ResponseBodyAccess(on) => self.response_body_access = on,
            Setting::RequestBodyLimit(limit) => self.request_body_limit = limit,
            Setting::RequestBodyNoFilesLimit(limit) => {
                self.request_body_no_files_limit = Some(limit)
            }
            Setting::RequestBodyLimitAction(action) => self.request_body_limit_action = action,
            Setting::ResponseBodyLimit(limit) => self.response_body_limit = limit,
            Setting::ResponseBodyLimitAction(action) => self.response_body_limit_action = action,
            Setting::ResponseBodyMimeTypes(types) => self.response_mime_types = types,
            Setting::JsonDepthLimit(limit) => self.json_depth_limit = limit,
            Setting::ArgumentsLimit(limit) => self.arguments_limit = limit,
            Setting::ArgumentSeparator(separator) => self.argument_separator = separator,
            Setting::UnicodeMap { .. } | Setting::Elsewhere => {}
        }
    }
}
