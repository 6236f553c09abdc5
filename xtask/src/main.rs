//! Chores of the repository: `cargo xtask docs`, `cargo xtask new-policy NAME`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for a terminal")]

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["docs"] => docs(),
        ["new-policy", name] => new_policy(name),
        _ => Err("usage: cargo xtask docs | cargo xtask new-policy NAME".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes the generated pages. A test compares them, so that they are never stale.
fn docs() -> Result<(), Box<dyn Error>> {
    for (path, content) in portcullis_config::reference::pages() {
        let target = repository().join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, content)?;
        println!("wrote {path}");
    }
    Ok(())
}

/// The files of a new policy: name of the template, text.
const TEMPLATE: &[(&str, &str)] = &[
    ("mod.rs", include_str!("../template/mod.rs.txt")),
    ("config.rs", include_str!("../template/config.rs.txt")),
    ("build.rs", include_str!("../template/build.rs.txt")),
    ("policy.rs", include_str!("../template/policy.rs.txt")),
    ("audit.rs", include_str!("../template/audit.rs.txt")),
    ("tests.rs", include_str!("../template/tests.rs.txt")),
    ("cases.md", include_str!("../template/cases.md.txt")),
];

/// Makes the folder of a policy from the template, and says which two lines are left to write.
fn new_policy(name: &str) -> Result<(), Box<dyn Error>> {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Err("a policy is called by lower-case words joined by `_`".into());
    }
    let folder = repository().join("crates/policies/src").join(name);
    if folder.exists() {
        return Err(format!("{} is there already", folder.display()).into());
    }
    fs::create_dir_all(&folder)?;
    let camel: String = name.split('_').map(capitalised).collect();
    let codes = free_codes();
    for (file, text) in TEMPLATE {
        let text = text.replace("{{name}}", name).replace("{{Name}}", &camel);
        fs::write(folder.join(file), text.replace("{{codes}}", &codes))?;
    }
    let sources = TEMPLATE.iter().map(|(file, _)| folder.join(file));
    let sources = sources.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    Command::new("rustfmt").args(["--edition", "2024"]).args(sources).status()?;
    println!(
        "made crates/policies/src/{name}, with reasons {codes}01 and {codes}02; two lines are left:"
    );
    println!("  crates/policies/src/lib.rs, in the table:     {name}: {camel};");
    println!("  crates/policies/src/pipeline.rs, in decide_head, where it belongs:");
    println!("        {camel} \"{}\", \"why it stands there\"", name.replace('_', " "));
    println!("            => when(&blueprint.policies(x).{name}, |policy| policy.decide(x));");
    println!("then run `cargo xtask docs`");
    Ok(())
}

/// The first hundred of codes that no policy has: `PC13`.
fn free_codes() -> String {
    let hundreds = portcullis_config::reasons::all().into_iter();
    let hundreds = hundreds.filter_map(|reason| reason.code.get(2..4)?.parse::<u32>().ok());
    format!("PC{}", hundreds.max().unwrap_or(10).max(10) + 1)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
