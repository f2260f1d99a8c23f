//! The name that was probably meant.

/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The one of `names` that is most like `name`, if any is alike.
///
/// Capitals, `-` and `.` count as the way that names are written here.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name = snake_case(name);
    names
        .map(|candidate| (likeness(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Jaro–Winkler finds names that were left unfinished, Damerau–Levenshtein those with a slip.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b).midpoint(strsim::normalized_damerau_levenshtein(a, b))
}

/// `name` as names are written here: `session_timeout_ms` for `SessionTimeoutMs` and `session.timeout.ms`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_ascii_uppercase() {
            snake.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(if matches!(c, '.' | '-' | ' ') {
            '_'
        } else {
            c.to_ascii_lowercase()
        });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found() {
        let names = || {
            [
                "session_timeout_ms",
                "max_buffered",
                "fetch_max_bytes",
                "topic",
            ]
            .into_iter()
        };
        for (written, meant) in [
            ("sesion_timeout_ms", Some("session_timeout_ms")),
            ("SessionTimeoutMs", Some("session_timeout_ms")),
            ("session.timeout.ms", Some("session_timeout_ms")),
            ("session_timeout", Some("session_timeout_ms")),
            ("max_bufered", Some("max_buffered")),
            ("topik", Some("topic")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names()), meant, "{written}");
        }
    }
}
