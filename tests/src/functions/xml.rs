//! As much XML as the storage services answer with.

/// What stands between the first `<name …>` and its end tag, or `None` without one. An element that holds one
/// of its own name is not understood; the storage services send none.
pub(crate) fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    elements(xml, name).next()
}

/// What stands in each element of this name.
pub(crate) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find(&start)? + start.len()..];
            // `<Blob` is not `<Blobs`.
            if rest.starts_with([' ', '>', '/', '\n']) {
                break;
            }
        }
        let close = rest.find('>')?;
        if rest[..close].ends_with('/') {
            rest = &rest[close + 1..];
            return Some("");
        }
        let inner = &rest[close + 1..];
        let stop = inner.find(&end)?;
        rest = &inner[stop + end.len()..];
        Some(&inner[..stop])
    })
}

/// Each element directly in this text, by name, for elements that hold text alone.
pub(crate) fn pairs(xml: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some(close) = rest.find('>') else { break };
        let name = rest[..close].trim_end_matches('/').to_owned();
        if name.starts_with('/') || rest[..close].ends_with('/') {
            continue;
        }
        let value = text(&xml[xml.len() - rest.len() - 1..], &name).unwrap_or_default();
        found.push((name, unescape(value)));
    }
    found
}

/// A text with its entities resolved.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// A text that may stand between tags.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{elements, escape, pairs, text, unescape};

    #[test]
    fn elements_are_found_by_their_whole_name() {
        let xml =
            "<Blobs><Blob a='1'><Name>one</Name></Blob><Blob><Name>two &amp; a half</Name></Blob></Blobs>";
        let names: Vec<String> =
            elements(xml, "Blob").filter_map(|blob| text(blob, "Name")).map(unescape).collect();
        assert_eq!(names, ["one", "two & a half"]);
        assert_eq!(text("<List><Messages /></List>", "Messages"), Some(""));
        assert_eq!(text(xml, "Prefix"), None);
    }

    #[test]
    fn pairs_are_read_and_entities_survive_the_way_there_and_back() {
        assert_eq!(
            pairs("<kind>a</kind><n>1</n><none/>"),
            [("kind".to_owned(), "a".to_owned()), ("n".to_owned(), "1".to_owned())]
        );
        assert_eq!(unescape(&escape("<a href=\"&lt;\">")), "<a href=\"&lt;\">");
    }
}
