//! Regular expressions, as far as they can be checked without a regular expression engine.

use std::iter::Peekable;
use std::str::Chars;

/// Checks a comma-separated list of regular expressions (POSIX extended).
///
/// A comma always separates: the escape `,,` that librdkafka's source speaks of gives an empty
/// expression, which matches every topic.
///
/// This is stricter than the C library: what it takes for a plain character where it could not be
/// an operator (`a{`, `*a`, `a)`) is refused, since nobody means it.
///
/// # Errors
/// If one of them is none: the text says why, to be put behind "`name` is "text", ".
pub(super) fn check(list: &str) -> Result<(), String> {
    for pattern in list.split(',') {
        if pattern.is_empty() {
            return Err(
                "which has an empty expression, and that matches every topic: leave it out".into(),
            );
        }
        check_one(pattern).map_err(|why| format!("but `{pattern}` {why}"))?;
    }
    Ok(())
}

fn check_one(pattern: &str) -> Result<(), String> {
    let mut rest = pattern.chars().peekable();
    let mut open = 0_usize;
    // Whether there is something in front that `*`, `+`, `?` and `{` can repeat.
    let mut repeatable = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(escaped) if !escaped.is_ascii_alphanumeric() => repeatable = true,
                Some(escaped) => {
                    return Err(format!(
                        "escapes `{escaped}`, which has no meaning that can be relied on"
                    ));
                }
                None => return Err("ends in a `\\`".into()),
            },
            '[' => {
                check_bracket(&mut rest)?;
                repeatable = true;
            }
            '(' => {
                open += 1;
                repeatable = false;
            }
            ')' => {
                open = open.checked_sub(1).ok_or("has a `)` without a `(`")?;
                repeatable = true;
            }
            '*' | '+' | '?' | '{' if !repeatable => {
                return Err(format!("has a `{c}` with nothing to repeat"));
            }
            '*' | '+' | '?' | '|' | '^' | '$' => repeatable = false,
            '{' => {
                check_interval(&mut rest)?;
                repeatable = false;
            }
            _ => repeatable = true,
        }
    }
    if open > 0 {
        Err("has a `(` without a `)`".into())
    } else {
        Ok(())
    }
}

/// Reads up to the `]` of a bracket expression.
fn check_bracket(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    let unclosed = || "has a `[` without a `]`".to_owned();
    if rest.peek() == Some(&'^') {
        rest.next();
    }
    // The character that a `-` would begin a range with; none behind a range.
    let mut last = None;
    let mut first = true;
    loop {
        let c = rest.next().ok_or_else(unclosed)?;
        match c {
            ']' if !first => return Ok(()),
            '[' if matches!(rest.peek(), Some(':' | '.' | '=')) => {
                return Err(
                    "has a character class, which is not supported here: write the characters"
                        .into(),
                );
            }
            '-' if !first && rest.peek().is_some_and(|end| *end != ']') => {
                let end = rest.next().ok_or_else(unclosed)?;
                let start = last.take().filter(char::is_ascii_alphanumeric);
                if !start.is_some_and(|start| end.is_ascii_alphanumeric() && start <= end) {
                    return Err(format!("has a range up to `{end}` that is none"));
                }
            }
            _ => last = Some(c),
        }
        first = false;
    }
}

/// Reads up to the `}` of a number of repetitions. A second number cannot be given: the comma before
/// it would end the expression.
fn check_interval(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    /// The most that POSIX promises.
    const MOST: u16 = 255;
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    let closed = rest.next() == Some('}');
    match digits.parse::<u16>() {
        Ok(number) if closed && number <= MOST => Ok(()),
        _ => Err(format!(
            "has a `{{` without a number of repetitions up to {MOST} and a `}}`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compiles_anywhere_is_taken() {
        for list in [
            "^internal-.*$",
            "a,b",
            "^(a|b)+$",
            "[a-z0-9_.-]+",
            "[]a]",
            "[^]a]x",
            "a{2}",
            "a\\.b",
        ] {
            assert_eq!(check(list), Ok(()), "{list}");
        }
    }

    #[test]
    fn what_does_not_compile_says_why() {
        for (list, part) in [
            ("", "empty expression"),
            ("a,", "empty expression"),
            ("(a", "`(` without"),
            ("a)", "`)` without"),
            ("[a", "`[` without"),
            ("[", "`[` without"),
            ("[]", "`[` without"),
            ("*a", "nothing to repeat"),
            ("a**", "nothing to repeat"),
            ("a{", "without a number"),
            ("a{5,3}", "without a number"),
            ("x,,y", "empty expression"),
            ("a{999}", "without a number"),
            ("a\\", "ends in"),
            ("[z-a]", "range"),
            ("[[:foo:]]", "character class"),
            ("[a-c-e]", "range"),
            ("^*", "nothing to repeat"),
        ] {
            let error = check(list).unwrap_err();
            assert!(error.contains(part), "{list}: {error}");
        }
    }
}
