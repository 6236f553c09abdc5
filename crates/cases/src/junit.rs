//! A report as JUnit XML.

use crate::report::{CaseReport, FileReport, Outcome, Report, details};
use std::{fmt::Write as _, time::Duration};

/// Writes a report. Build servers agree on little of JUnit's format; this keeps to what all read.
pub(crate) fn write(report: &Report) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = report.files.iter().flat_map(|file| &file.cases);
    let _ = writeln!(xml, "<testsuites name=\"portcullis test\"{}>", counts(all));
    for file in &report.files {
        let path = escape(&file.path.display().to_string());
        let _ = writeln!(xml, "  <testsuite name=\"{path}\"{}>", counts(file.cases.iter()));
        for case in &file.cases {
            xml.push_str(&test_case(file, case));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn test_case(file: &FileReport, case: &CaseReport) -> String {
    let open = format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escape(&case.name),
        escape(&file.title),
        escape(&file.path.display().to_string()),
        case.line,
        seconds(case.duration),
    );
    let (tag, message) = match &case.outcome {
        Outcome::Passed => return format!("{open}/>\n"),
        Outcome::Failed(failures) => {
            let first = failures.first();
            let message =
                first.map(|first| format!("expected {}, got {}", first.expected, first.got));
            ("failure", message.unwrap_or_default())
        }
        Outcome::Broken(message) => ("error", message.lines().next().unwrap_or("").to_owned()),
    };
    let text = escape(&details(file, case));
    let message = escape(&message);
    format!("{open}>\n      <{tag} message=\"{message}\">{text}</{tag}>\n    </testcase>\n")
}

fn counts<'a>(cases: impl Iterator<Item = &'a CaseReport>) -> String {
    let (mut tests, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
    let mut time = Duration::ZERO;
    for case in cases {
        tests += 1;
        time += case.duration;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed(_) => failures += 1,
            Outcome::Broken(_) => errors += 1,
        }
    }
    let time = seconds(time);
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\"")
}

fn seconds(duration: Duration) -> String {
    format!("{:.6}", duration.as_secs_f64())
}

/// Text that may stand in an attribute or an element. What XML 1.0 cannot hold becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Failure;
    use expect_test::expect;

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        let failure = Failure {
            line: 9,
            expected: String::from("> x: \"<\u{1}&\""),
            got: String::from("> no x"),
            call: None,
            explanation: String::new(),
        };
        let case = |name: &str, outcome| CaseReport {
            name: name.to_owned(),
            line: 7,
            duration: Duration::from_micros(1500),
            outcome,
        };
        let cases = vec![
            case("good", Outcome::Passed),
            case("bad", Outcome::Failed(vec![failure])),
            case("odd", Outcome::Broken(String::from("a.md:1:1: no\nmore"))),
        ];
        let file = FileReport { path: "a.md".into(), title: String::from("A & B"), cases };
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="portcullis test" tests="3" failures="1" errors="1" time="0.004500">
              <testsuite name="a.md" tests="3" failures="1" errors="1" time="0.004500">
                <testcase name="good" classname="A &amp; B" file="a.md" line="7" time="0.001500"/>
                <testcase name="bad" classname="A &amp; B" file="a.md" line="7" time="0.001500">
                  <failure message="expected &gt; x: &quot;&lt;�&amp;&quot;, got &gt; no x">a.md:9
              expected &gt; x: &quot;&lt;�&amp;&quot;
              got      &gt; no x
            </failure>
                </testcase>
                <testcase name="odd" classname="A &amp; B" file="a.md" line="7" time="0.001500">
                  <error message="a.md:1:1: no">a.md:1:1: no
            more
            </error>
                </testcase>
              </testsuite>
            </testsuites>
        "#]]
        .assert_eq(&Report { files: vec![file] }.junit());
    }
}
