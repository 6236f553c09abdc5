//! How long a thousand cases take: `cargo run --release -p portcullis-cases --example run_time`.

use portcullis_cases::{Options, run_paths};
use portcullis_core::ports::Clock as _;
use portcullis_gateway::system::SystemClock;
use std::fmt::Write as _;

/// A page of `count` cases, each with two requests, one of them sent twice; every `configs`th case has
/// a config of its own that no other has.
fn page(count: usize, configs: usize) -> String {
    let config = |path: &str| {
        format!(
            "```yaml\naddresses: {{ deny: [198.51.100.0/24] }}\napis:\n  all:\n    routes:\n      \
             - {{ path: {path}, methods: [GET, POST], access: public }}\n```\n"
        )
    };
    let mut page = format!("# many\n{}", config("/v1"));
    for number in 0..count {
        let _ = writeln!(page, "## case {number}");
        let path =
            if configs > 0 && number % configs == 0 { format!("/v{number}") } else { "/v1".into() };
        if path != "/v1" {
            page.push_str(&config(&path));
        }
        let _ = write!(
            page,
            "```http\nGET {path} 2 times\n> 200\n> upstream: saw GET {path}\n\nas address 198.51.100.7\n\
             POST {path}\n\n{{\"a\":1}}\n> 403\n> reason: PC1101\n> upstream: not called\n```\n"
        );
    }
    page
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = SystemClock::default();
    for configs in [0, 10, 1] {
        let file = std::env::temp_dir().join(format!("portcullis-{}.md", std::process::id()));
        std::fs::write(&file, page(1_000, configs))?;
        let began = clock.now();
        let report = run_paths(std::slice::from_ref(&file), &Options::default());
        let took = clock.now().since(began);
        let _ = std::fs::remove_file(&file);
        let report = report?;
        let own = 1_000_usize.checked_div(configs).unwrap_or(0);
        let (passed, failed) = (report.passed(), report.failed());
        println!("{passed} passed, {failed} failed, {own} configs of their own: {took:?}");
    }
    Ok(())
}
