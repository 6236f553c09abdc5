//! Turns request bodies into variables.

use super::state::State;
use crate::RequestBodyVariable;
use crate::body::json::{self, Leaves};
use crate::body::{BodyError, multipart, xml};
use crate::program::Program;
use crate::seclang::ast::BodyProcessor;
use crate::variable::Variable;

impl State {
    pub(super) fn request_body(
        &mut self,
        body: &[u8],
        program: &Program,
        kept: RequestBodyVariable,
    ) {
        self.set_single(Variable::ReqbodyError, b"0");
        self.set_single(Variable::RequestBodyLength, body.len().to_string().as_bytes());
        let keep = match kept {
            RequestBodyVariable::Always => true,
            RequestBodyVariable::Unparsed => match self.processor {
                Some(BodyProcessor::UrlEncoded) => true,
                None => self.force_request_body,
                Some(_) => false,
            },
        };
        if keep {
            self.set_single(Variable::RequestBody, body);
        }
        // How much of the body is not files, when it could be read.
        let result = match self.processor {
            _ if body.is_empty() => Ok(0),
            Some(BodyProcessor::UrlEncoded) => {
                self.arguments(body, Variable::ArgsPost, program);
                Ok(body.len())
            }
            Some(BodyProcessor::Json) => self.json(body, program).map(|()| body.len()),
            Some(BodyProcessor::Xml) => self.xml(body).map(|()| body.len()),
            Some(BodyProcessor::Multipart) => self.multipart(body, program),
            None => Ok(body.len()),
        };
        let limit = program.settings.request_body_no_files_limit.unwrap_or(u64::MAX);
        let result = result.and_then(|outside_files| match outside_files as u64 > limit {
            true => Err(BodyError("the body without its files is larger than allowed".into())),
            false => Ok(()),
        });
        if let Err(BodyError(message)) = result {
            self.set_single(Variable::ReqbodyError, b"1");
            self.set_single(Variable::ReqbodyProcessorError, b"1");
            self.set_single(Variable::ReqbodyErrorMsg, message.as_bytes());
        }
        self.sum_arguments();
    }

    fn json(&mut self, body: &[u8], program: &Program) -> Result<(), BodyError> {
        struct Arguments<'a> {
            state: &'a mut State,
            program: &'a Program,
        }
        impl Leaves for Arguments<'_> {
            fn leaf(&mut self, path: &[u8], value: &[u8]) -> bool {
                let name = self.state.intern(path);
                let value = self.state.intern(value);
                self.state.argument(name, value, None, self.program)
                    && self.state.exceeded().is_none()
            }
        }
        let depth_max = usize::try_from(program.settings.json_depth_limit).unwrap_or(usize::MAX);
        json::read(body, depth_max, &mut Arguments { state: self, program })
    }

    fn xml(&mut self, body: &[u8]) -> Result<(), BodyError> {
        let limits = self.budget.as_ref().map(|budget| budget.limits).unwrap_or_default();
        let (document, fault) = xml::read(body, limits.xml_depth as usize, limits.fields as usize);
        self.push(Variable::XmlText, b"", &document.text);
        for value in &document.attributes {
            self.push(Variable::XmlAttributes, b"", value);
        }
        fault.map_or(Ok(()), Err)
    }

    fn multipart(&mut self, body: &[u8], program: &Program) -> Result<usize, BodyError> {
        let content_type = self
            .list(Variable::RequestHeaders)
            .iter()
            .find(|entry| self.values.get(entry.key).eq_ignore_ascii_case(b"content-type"));
        let content_type =
            content_type.map(|entry| self.values.get(entry.value).to_vec()).unwrap_or_default();
        let parts_max = usize::try_from(program.settings.arguments_limit).unwrap_or(usize::MAX);
        let read = multipart::read(body, &content_type, parts_max);
        self.multipart_flags(&read.flags);
        let mut files_size = 0;
        for part in &read.parts {
            let name = self.intern(&part.name);
            for header in &part.headers {
                let header = self.intern(header);
                self.push_interned(Variable::MultipartPartHeaders, name, header);
            }
            self.push_interned(Variable::MultipartName, name, name);
            let Some(filename) = &part.filename else {
                let value = self.intern(part.content);
                self.argument(name, value, Some(Variable::ArgsPost), program);
                continue;
            };
            files_size += part.content.len();
            let filename = self.intern(filename);
            let size = self.intern(part.content.len().to_string().as_bytes());
            self.push_interned(Variable::MultipartFilename, filename, filename);
            self.push_interned(Variable::Files, name, filename);
            self.push_interned(Variable::FilesNames, name, name);
            self.push_interned(Variable::FilesSizes, name, size);
        }
        self.set_single(Variable::FilesCombinedSize, files_size.to_string().as_bytes());
        read.fault.map_or(Ok(body.len() - files_size), Err)
    }

    fn multipart_flags(&mut self, flags: &multipart::Flags) {
        for (variable, set) in [
            (Variable::MultipartBoundaryQuoted, flags.boundary_quoted),
            (Variable::MultipartBoundaryWhitespace, flags.boundary_whitespace),
            (Variable::MultipartDataBefore, flags.data_before),
            (Variable::MultipartDataAfter, flags.data_after),
            (Variable::MultipartHeaderFolding, flags.header_folding),
            (Variable::MultipartInvalidHeaderFolding, flags.invalid_header_folding),
            (Variable::MultipartInvalidPart, flags.invalid_part),
            (Variable::MultipartInvalidQuoting, flags.invalid_quoting),
            (Variable::MultipartLfLine, flags.lf_line),
            (Variable::MultipartMissingSemicolon, flags.missing_semicolon),
            (Variable::MultipartFileLimitExceeded, false),
            (Variable::MultipartUnmatchedBoundary, flags.unmatched_boundary),
            (Variable::MultipartStrictError, flags.strict_error()),
        ] {
            self.set_single(variable, if set { b"1" } else { b"0" });
        }
    }
}
