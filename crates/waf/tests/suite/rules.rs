//! The rule sets, set up as the suites want them or as an operator would run them.

use portcullis_waf::{Files, Options, Ruleset, wildcard};
use std::io;
use std::path::{Path, PathBuf};

/// The base configuration that the rules expect; ModSecurity recommends the same.
const BASE: &str = r#"
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" \
    "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" \
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
"#;

/// What the suites' README asks for.
const SETUP: &str = "setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.arg_name_length=100,\
    setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,setvar:tx.max_num_args=255,\
    setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535";

struct Disk {
    main: String,
}

impl Files for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == "main.conf" { Ok(self.main.clone().into_bytes()) } else { std::fs::read(path) }
    }

    fn list(&self, pattern: &str) -> io::Result<Vec<String>> {
        let pattern = Path::new(pattern);
        let name = pattern.file_name().unwrap().to_str().unwrap();
        let mut found: Vec<String> = std::fs::read_dir(pattern.parent().unwrap())?
            .map(|entry| entry.unwrap().path())
            .filter(|path| wildcard(name, path.file_name().unwrap().to_str().unwrap()))
            .map(|path| path.to_str().unwrap().to_string())
            .collect();
        found.sort();
        Ok(found)
    }
}

/// Compiles a configuration; with anything wrong in it the test fails.
pub(crate) fn load(main: String, options: &Options) -> Ruleset {
    match Ruleset::load(&Disk { main }, &["main.conf"], options) {
        Ok(rules) => rules,
        Err(error) => panic!("{error}"),
    }
}

/// As the suites want to be run: the lookups of 3.3.4 are known not to be made.
pub(crate) fn options() -> Options {
    Options { lookups_never_match: true, ..Options::default() }
}

fn debian() -> Option<PathBuf> {
    std::env::var_os("PORTCULLIS_CRS_DEBIAN").map(PathBuf::from)
}

fn unicode_map() -> String {
    debian()
        .map(|root| root.join("etc/nginx/unicode.mapping"))
        .filter(|path| path.exists())
        .map(|path| format!("SecUnicodeMapFile {} 20127\n", path.display()))
        .unwrap_or_default()
}

/// CRS 4.28.0 for its suite: detecting, level 4.
pub(crate) fn suite_4(data: &Path) -> String {
    config_4(data, "DetectionOnly", &format!("setvar:tx.blocking_paranoia_level=4,{SETUP}"))
}

/// CRS 4.28.0 as an operator would run it: blocking, at a level, otherwise as shipped.
pub(crate) fn blocking_4(data: &Path, level: u8) -> String {
    config_4(data, "On", &format!("setvar:tx.blocking_paranoia_level={level}"))
}

fn config_4(data: &Path, mode: &str, setup: &str) -> String {
    format!(
        "SecRuleEngine {mode}\n{BASE}{}Include {root}/crs-setup.conf.example\n\
         SecAction \"id:900005,phase:1,nolog,pass,{setup}\"\n\
         Include {root}/rules/*.conf\n",
        unicode_map(),
        root = data.join("crs/4.28.0").display()
    )
}

/// CRS 3.3.4 for its suite, where Debian's packages were unpacked.
pub(crate) fn suite_3() -> Option<String> {
    let root = debian()?;
    let rules = root.join("usr/share/modsecurity-crs/rules");
    rules.exists().then(|| {
        format!(
            "SecRuleEngine DetectionOnly\n{BASE}{}Include {root}/etc/modsecurity/crs/crs-setup.conf\n\
             SecAction \"id:900005,phase:1,nolog,pass,setvar:tx.executing_paranoia_level=4,\
             setvar:tx.paranoia_level=4,{SETUP}\"\n\
             Include {rules}/*.conf\nSecRuleRemoveById 910000\n",
            unicode_map(),
            root = root.display(),
            rules = rules.display()
        )
    })
}
