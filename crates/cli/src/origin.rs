//! Which config is meant: a file, or a document and a few words on the command line.

use clap::Args;
use portcullis_config::load::Origin;
use serde_json::{Map, Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Where a command line's own config listens.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// The heading of the options that stand in for a config.
const WITHOUT_CONFIG: &str = "Without a config";

/// Which config is meant.
#[derive(Args, Clone)]
pub(crate) struct OriginArgs {
    /// The config
    #[arg(value_name = "CONFIG", required_unless_present = "openapi", conflicts_with = "openapi")]
    config: Option<PathBuf>,
    #[command(flatten)]
    document: DocumentArgs,
}

/// A config on the command line: an OpenAPI document and where its requests go.
#[derive(Args, Clone)]
pub(crate) struct DocumentArgs {
    /// Serve this OpenAPI document, without a config
    #[arg(long, value_name = "FILE", help_heading = WITHOUT_CONFIG)]
    pub(crate) openapi: Option<PathBuf>,
    /// Answer from the document's examples
    #[arg(long, requires = "openapi", conflicts_with_all = ["upstream", "config"], help_heading = WITHOUT_CONFIG)]
    mock: bool,
    /// Send requests to this upstream
    #[arg(long, value_name = "URL", requires = "openapi", conflicts_with = "config", help_heading = WITHOUT_CONFIG)]
    upstream: Option<String>,
    /// Open what the document says nothing about; loopback addresses only
    #[arg(long, value_name = "WHOM", requires = "openapi", conflicts_with = "config", value_parser = ["public"], help_heading = WITHOUT_CONFIG)]
    undeclared: Option<String>,
    /// Listen on this address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", requires = "openapi", conflicts_with = "config", help_heading = WITHOUT_CONFIG)]
    listen: Option<String>,
}

impl OriginArgs {
    /// The config that is meant.
    pub(crate) fn origin(&self) -> Result<Origin, String> {
        match &self.config {
            Some(path) => Ok(Origin::File(path.clone())),
            None => self.document.origin(),
        }
    }
}

impl DocumentArgs {
    /// The config that these words stand for. It is loaded like any other.
    pub(crate) fn origin(&self) -> Result<Origin, String> {
        let document =
            self.openapi.as_deref().ok_or("name a config, or a document with --openapi")?;
        if !self.mock && self.upstream.is_none() {
            return Err(String::from(
                "where should requests go? add `--upstream URL`, or `--mock` to answer from the document's examples",
            ));
        }
        let listen = self.listen.as_deref().unwrap_or(DEFAULT_LISTEN);
        if self.undeclared.is_some() && !is_loopback(listen) {
            return Err(format!(
                "`--undeclared public` is for loopback addresses only, and {listen} is none\n\
                 hint: listen on 127.0.0.1, or write a config that says what is public under `undeclared`"
            ));
        }
        let mut api = Map::new();
        api.insert("openapi".into(), json!(escape(&document.display().to_string())));
        if self.undeclared.is_some() {
            api.insert("undeclared".into(), json!({ "public": "all" }));
        }
        let mut config = Map::new();
        config.insert("listeners".into(), json!({ "default": { "address": escape(listen) } }));
        match &self.upstream {
            Some(url) => {
                let upstream = json!({ "default": { "targets": [escape(url)] } });
                config.insert("upstreams".into(), upstream);
                api.insert("upstream".into(), "default".into());
            }
            None => {
                api.insert("mock".into(), true.into());
            }
        }
        config.insert("apis".into(), json!({ api_name(document): api }));
        let text =
            serde_json::to_string_pretty(&Value::Object(config)).map_err(|e| e.to_string())?;
        Ok(Origin::Text { name: String::from("command line"), text, folder: PathBuf::new() })
    }
}

/// The API is called after the document's file, as far as that makes a name.
fn api_name(document: &Path) -> String {
    let stem = document.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let name: String =
        stem.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    match portcullis_core::name::ApiName::new(&name) {
        Ok(name) => name.to_string(),
        Err(_) => String::from("api"),
    }
}

/// What stands on a command line is meant as it is: no references.
fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

fn is_loopback(listen: &str) -> bool {
    listen.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}
