//! The crate features that decide what the linked librdkafka can do.

/// A crate feature of `kafka-model` that a setting or one of its values needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `ssl`: TLS, SASL/SCRAM and SASL/OAUTHBEARER.
    Ssl,
    /// `zstd`: Zstandard compression.
    Zstd,
    /// `gssapi`: SASL/GSSAPI (Kerberos).
    Gssapi,
    /// Not available in any build of `kafka-model` (OIDC, which needs libcurl).
    Curl,
}

impl Feature {
    /// The name to write in `Cargo.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl => "ssl",
            Self::Zstd => "zstd",
            Self::Gssapi => "gssapi",
            Self::Curl => "curl",
        }
    }
}

/// The crate features that are on in this build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "one flag per crate feature")]
pub struct Features {
    /// `ssl` or `ssl-vendored`.
    pub ssl: bool,
    /// `zstd`.
    pub zstd: bool,
    /// `gssapi`.
    pub gssapi: bool,
    /// `curl`.
    pub curl: bool,
}

impl Features {
    /// Whether `feature` is on.
    #[must_use]
    pub const fn has(self, feature: Feature) -> bool {
        match feature {
            Feature::Ssl => self.ssl,
            Feature::Zstd => self.zstd,
            Feature::Gssapi => self.gssapi,
            Feature::Curl => self.curl,
        }
    }
}
