//! From the blocks of a page to cases.

use crate::{
    CALLS_MAX, CASES_MAX, http_block,
    markdown::{self, Block, Fence, Heading},
    request::{Fault, Step},
};
use std::rc::Rc;

/// A page of cases.
#[derive(Debug)]
pub(crate) struct Page<'t> {
    /// The `#` heading.
    pub(crate) title: Option<&'t str>,
    /// The cases, in order.
    pub(crate) cases: Vec<Case<'t>>,
}

/// A case.
#[derive(Debug)]
pub(crate) struct Case<'t> {
    /// What it is called.
    pub(crate) name: &'t str,
    /// Its line.
    pub(crate) line: usize,
    /// The config that it is about.
    pub(crate) config: ConfigSource<'t>,
    /// What is to be done.
    pub(crate) work: Work<'t>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Work<'t> {
    /// Requests, and what stands between them.
    Requests(Vec<Step<'t>>),
    /// The config must not load, and say exactly this.
    Errors(Rc<Fence<'t>>),
    /// The config must load: it is shown, but no request uses it.
    Loads,
    /// Nothing: the case cannot be read.
    Unreadable(Vec<Fault>),
}

/// Where the config of a case comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConfigSource<'t> {
    /// The block; without one, `gateway.yaml` beside the file.
    pub(crate) block: Option<Rc<Fence<'t>>>,
    /// The named blocks that it may use, inner ones first.
    pub(crate) named: Vec<(&'t str, Rc<Fence<'t>>)>,
}

/// Whether a page holds a block that makes it a case file.
pub(crate) fn is_case_file(text: &str) -> bool {
    markdown::read(text).iter().any(|block| match block {
        Block::Fence(fence) => matches!(fence.words().first(), Some(&"http" | &"errors")),
        Block::Heading(_) => false,
    })
}

/// Reads a page.
pub(crate) fn read(text: &str) -> Page<'_> {
    let mut title = None;
    // What stands before the first `##`, then one section for each.
    let mut sections = vec![Section::new("", 1)];
    for block in markdown::read(text) {
        match block {
            Block::Heading(Heading { level: 1, text, line }) => {
                match (title, sections.last_mut()) {
                    (None, _) => title = Some((text, line)),
                    (Some(_), Some(section)) => section.faults.push(Fault::on(
                        line,
                        "a second `#` heading: `#` names the file, `##` starts a case",
                    )),
                    (Some(_), None) => {}
                }
            }
            Block::Heading(Heading { level: 2, text, line }) => {
                sections.push(Section::new(text, line));
            }
            Block::Heading(_) => {}
            Block::Fence(fence) => {
                if let Some(section) = sections.last_mut() {
                    section.fence(Rc::new(fence));
                }
            }
        }
    }
    let (title, line) = title.unzip();
    cases(title, line.unwrap_or(1), sections)
}

fn cases<'t>(title: Option<&'t str>, line: usize, mut sections: Vec<Section<'t>>) -> Page<'t> {
    let mut common = ConfigSource::default();
    let mut is_used = true;
    let mut cases = Vec::new();
    if let Some(first) = sections.first_mut() {
        first.name = title.unwrap_or("before the first case");
        first.line = line;
        // Where no request stands before the first `##`, a config there is the file's own.
        if !first.has_requests && first.configs.len() == 1 {
            common.block = first.configs.pop();
            is_used = false;
        }
        common.named = first.named.clone();
    }
    for section in sections {
        is_used |= section.uses_common();
        section.cases(&common, &mut cases);
        if cases.len() > CASES_MAX {
            cases.truncate(CASES_MAX);
            let message = format!("more than {CASES_MAX} cases in a file");
            let work = Work::Unreadable(vec![Fault::on(1, message)]);
            let config = ConfigSource::default();
            cases.push(Case { name: title.unwrap_or(""), line: 1, config, work });
            break;
        }
    }
    if let Some(fence) = common.block.as_ref().filter(|_| !is_used) {
        let (name, line) = (title.unwrap_or("the file's config"), fence.line);
        cases.insert(0, Case { name, line, config: common.clone(), work: Work::Loads });
    }
    Page { title, cases }
}

/// What stands below one heading.
struct Section<'t> {
    name: &'t str,
    line: usize,
    /// Configs without an `errors` block, in order.
    configs: Vec<Rc<Fence<'t>>>,
    named: Vec<(&'t str, Rc<Fence<'t>>)>,
    /// Configs that must not load, and what they must say.
    errors: Vec<(Rc<Fence<'t>>, Rc<Fence<'t>>)>,
    steps: Vec<Step<'t>>,
    faults: Vec<Fault>,
    /// Whether there is an `http` block, readable or not.
    has_requests: bool,
    /// Whether an `errors` block may follow: the last block but named ones was a config.
    after_config: bool,
    /// The configs that stand behind a request.
    late: Vec<usize>,
}

impl<'t> Section<'t> {
    fn new(name: &'t str, line: usize) -> Self {
        Self {
            name,
            line,
            configs: Vec::new(),
            named: Vec::new(),
            errors: Vec::new(),
            steps: Vec::new(),
            faults: Vec::new(),
            has_requests: false,
            after_config: false,
            late: Vec::new(),
        }
    }

    fn fence(&mut self, fence: Rc<Fence<'t>>) {
        let words = fence.words();
        let is_ours = match words.as_slice() {
            ["yaml" | "json", _name] => self.named(&fence),
            ["yaml"] => {
                if self.has_requests {
                    self.late.push(fence.line);
                }
                self.configs.push(Rc::clone(&fence));
                self.after_config = true;
                true
            }
            ["errors"] => {
                self.errors(&fence);
                true
            }
            ["http"] => {
                self.has_requests = true;
                http_block::read(&fence.lines, &mut self.steps, &mut self.faults);
                self.after_config = false;
                true
            }
            ["http" | "errors" | "yaml", ..] => {
                let message = format!("`{}`: too many words behind the fence", fence.info);
                self.faults.push(Fault::on(fence.line, message));
                true
            }
            _ => false,
        };
        if is_ours && !fence.closed {
            let message =
                format!("the `{}` block is not closed before the end of the file", fence.info);
            self.faults.push(Fault::on(fence.line, message));
        }
    }

    fn named(&mut self, fence: &Rc<Fence<'t>>) -> bool {
        let Some(name) = fence.words().get(1).copied() else { return false };
        if self.named.iter().any(|(known, _)| *known == name) {
            self.faults.push(Fault::on(fence.line, format!("a second block of the name `{name}`")));
        }
        self.named.push((name, Rc::clone(fence)));
        true
    }

    /// What a config must say is no config to send requests to.
    fn errors(&mut self, fence: &Rc<Fence<'t>>) {
        match self.configs.pop_if(|_| self.after_config) {
            Some(config) => {
                self.late.retain(|line| *line != config.line);
                self.errors.push((config, Rc::clone(fence)));
            }
            None => self.faults.push(Fault::on(
                fence.line,
                "an `errors` block stands behind the `yaml` block whose errors it shows",
            )),
        }
        self.after_config = false;
    }

    /// Whether requests of this section use the config of the file.
    fn uses_common(&self) -> bool {
        self.has_requests && self.configs.is_empty()
    }

    fn cases(mut self, common: &ConfigSource<'t>, cases: &mut Vec<Case<'t>>) {
        let named: Vec<_> = self.named.iter().chain(&common.named).cloned().collect();
        let source = |block| ConfigSource { block, named: named.clone() };
        for (config, expected) in std::mem::take(&mut self.errors) {
            let (line, config) = (expected.line, source(Some(config)));
            let work = Work::Errors(expected);
            cases.push(Case { name: self.name, line, config, work });
        }
        if self.has_requests {
            self.check();
        }
        if !self.faults.is_empty() {
            let config = ConfigSource::default();
            self.faults.sort_by_key(|fault| fault.line);
            let work = Work::Unreadable(self.faults);
            return cases.push(Case { name: self.name, line: self.line, config, work });
        }
        if !self.has_requests {
            for config in self.configs {
                let (line, config) = (config.line, source(Some(config)));
                cases.push(Case { name: self.name, line, config, work: Work::Loads });
            }
            return;
        }
        let config = source(self.configs.pop().or_else(|| common.block.clone()));
        let work = Work::Requests(self.steps);
        cases.push(Case { name: self.name, line: self.line, config, work });
    }

    /// What would make the requests of a section mean something else than a reader sees.
    fn check(&mut self) {
        for line in &self.late {
            let message = "a config behind requests: it stands before them, or in another case";
            self.faults.push(Fault::on(*line, message));
        }
        let first = self.configs.len().saturating_sub(self.late.len());
        for config in self.configs.iter().take(first).skip(1) {
            let message = "a second config in one case: start another with `##`";
            self.faults.push(Fault::on(config.line, message));
        }
        let sends = self.steps.iter().map(|step| match step {
            Step::Send(request) => request.times,
            Step::After(_) | Step::Upstream(_) => 0,
        });
        if sends.sum::<usize>() > CALLS_MAX {
            let message = format!("more than {CALLS_MAX} requests in one case");
            self.faults.push(Fault::on(self.line, message));
        }
    }
}
