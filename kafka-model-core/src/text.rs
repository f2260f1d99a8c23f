//! Text that `const` code can build: a bounded buffer, and comparisons of strings.

/// How many bytes a [`Text`] holds, unless it says otherwise: enough for what one rule says.
pub const CAPACITY: usize = 640;

/// A string in a fixed buffer, which a `const fn` can write into and a `const` panic can print.
///
/// What does not fit is cut off, at a character's boundary, and ends in `…`.
///
/// ```
/// use kafka_model_core::text::Text;
/// const TEXT: Text = Text::new().str("max_buffered = ").int(0);
/// assert_eq!(TEXT.as_str(), "max_buffered = 0");
/// ```
#[derive(Clone, Copy)]
pub struct Text<const N: usize = CAPACITY> {
    bytes: [u8; N],
    len: usize,
    full: bool,
}

impl Text {
    /// An empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self::empty()
    }
}

impl<const N: usize> Text<N> {
    /// An empty text that holds `N` bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
            full: false,
        }
    }

    /// This text with `part` behind it.
    #[must_use]
    pub const fn str(mut self, part: &str) -> Self {
        const MORE: &[u8] = "…".as_bytes();
        if self.full {
            return self;
        }
        let part = part.as_bytes();
        let room = N - MORE.len() - self.len;
        let mut take = part.len();
        if take > room {
            take = room;
            while take > 0 && part[take] & 0b1100_0000 == 0b1000_0000 {
                take -= 1;
            }
            self.full = true;
        }
        let mut i = 0;
        while i < take {
            self.bytes[self.len + i] = part[i];
            i += 1;
        }
        self.len += take;
        if self.full {
            let mut i = 0;
            while i < MORE.len() {
                self.bytes[self.len + i] = MORE[i];
                i += 1;
            }
            self.len += MORE.len();
        }
        self
    }

    /// This text with the decimal digits of `number` behind it.
    #[must_use]
    pub const fn int(self, number: i64) -> Self {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            at -= 1;
            #[allow(clippy::cast_possible_truncation, reason = "a digit")]
            {
                digits[at] = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let text = if number < 0 { self.str("-") } else { self };
        let (_, digits) = digits.split_at(at);
        match core::str::from_utf8(digits) {
            Ok(digits) => text.str(digits),
            Err(_) => text,
        }
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match core::str::from_utf8(text) {
            Ok(text) => text,
            // Only whole `str`s cut at boundaries are ever written.
            Err(_) => "",
        }
    }

    /// Whether nothing has been written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<const N: usize> core::fmt::Display for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Whether `a` and `b` are equal.
#[must_use]
pub const fn eq(a: &str, b: &str) -> bool {
    bytes_eq(a.as_bytes(), b.as_bytes(), false)
}

/// Whether `a` and `b` are equal but for the case of ASCII letters, as librdkafka compares values.
#[must_use]
pub const fn eq_ignore_case(a: &str, b: &str) -> bool {
    bytes_eq(a.as_bytes(), b.as_bytes(), true)
}

const fn bytes_eq(a: &[u8], b: &[u8], ignore_case: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        let same = if ignore_case {
            a[i].eq_ignore_ascii_case(&b[i])
        } else {
            a[i] == b[i]
        };
        if !same {
            return false;
        }
        i += 1;
    }
    true
}

/// FNV-1a of `text`: a cheap first comparison where many names meet in `const` code.
#[must_use]
pub const fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}
