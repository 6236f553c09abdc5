//! Resolves `.`, `..` and doubled slashes in paths.

/// Writes the normal form of a path. A path that is not rooted keeps the `..` it starts with.
pub(super) fn normalize(input: &[u8], out: &mut Vec<u8>, backslashes: bool) {
    let is_slash = |byte: &u8| *byte == b'/' || (backslashes && *byte == b'\\');
    let Some(last) = input.last() else { return };
    let rooted = input.first().is_some_and(is_slash);
    let trailing = is_slash(last);
    if rooted {
        out.push(b'/');
    }
    let root = out.len();
    // How many segments at the start of `out` are `..` that nothing precedes.
    let mut climbs = 0usize;
    let mut depth = 0usize;
    for segment in input.split(is_slash) {
        match segment {
            b"" | b"." => {}
            b".." if depth > climbs => {
                depth -= 1;
                let parent = out
                    .get(root..out.len().saturating_sub(1))
                    .and_then(|path| path.iter().rposition(|byte| *byte == b'/'));
                out.truncate(parent.map_or(root, |slash| root + slash + 1));
            }
            b".." if rooted => {}
            _ => {
                if segment == b".." {
                    climbs += 1;
                }
                depth += 1;
                out.extend_from_slice(segment);
                out.push(b'/');
            }
        }
    }
    if !trailing && depth > 0 {
        out.pop();
    }
}
