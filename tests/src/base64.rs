//! Base64 (RFC 4648), which tokens are written in and secrets may be shown in.

/// `bytes` in base64 without padding, with these two for the last digits.
#[must_use]
pub fn base64(bytes: &[u8], plus: char, slash: char) -> String {
    let digits: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain([plus, slash])
        .collect();
    let digits = &digits;
    let chunks = bytes.chunks(3).flat_map(|chunk| {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(move |at| digits[(bits >> (18 - 6 * at) & 63) as usize])
    });
    chunks.collect()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn it_is_that_of_the_rfc() {
        for (text, encoded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foob", "Zm9vYg")] {
            assert_eq!(base64(text.as_bytes(), '+', '/'), encoded);
        }
    }
}
