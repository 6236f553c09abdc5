//! What cases can't say: an example without a media type.

use super::MockAnswer;
use http::StatusCode;
use portcullis_contract::Example;
use portcullis_core::{source::PlaceId, step::Verdict};

#[test]
fn an_answer_without_content_has_no_content_type() {
    let example = Example { status: StatusCode::NO_CONTENT, content_type: None, body: Vec::new() };
    let answer = MockAnswer::new(Some(&example), PlaceId::NOWHERE).answer();
    let Verdict::Answered(_, response) = answer else { panic!("{answer:?}") };
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(response.headers().is_empty());
}
