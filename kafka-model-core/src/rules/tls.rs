//! Keys, certificates and key stores.
//!
//! Whether the files are there, and what is in them, is seen when the consumer is created.

use super::view::View;
use crate::setting::Setting;
use crate::text::Text;
use crate::violation::{Violation, Violations};

pub(super) const fn check(found: Violations, view: View<'_, '_>) -> Violations {
    found
        .and_maybe(key_store_without_password(view))
        .and_maybe(key_without_certificate(view))
}

const fn key_store_without_password(view: View<'_, '_>) -> Option<Violation> {
    if !view.is_given(Setting::SslKeystoreLocation)
        || !view.is_missing(Setting::SslKeystorePassword)
    {
        return None;
    }
    Some(Violation {
        at: Some(Setting::SslKeystoreLocation),
        with: Some(Setting::SslKeystorePassword),
        text: Text::new()
            .str("ssl_keystore_location needs ssl_keystore_password: write ssl_keystore_password = env(\"NAME\")"),
    })
}

/// librdkafka holds a key against its certificate as soon as it has the key.
const fn key_without_certificate(view: View<'_, '_>) -> Option<Violation> {
    let key = if view.is_given(Setting::SslKeyLocation) {
        Setting::SslKeyLocation
    } else if view.is_given(Setting::SslKeyPem) {
        Setting::SslKeyPem
    } else {
        return None;
    };
    let certificate = !view.is_missing(Setting::SslCertificateLocation)
        || !view.is_missing(Setting::SslCertificatePem)
        || !view.is_missing(Setting::SslKeystoreLocation);
    if certificate {
        return None;
    }
    let text = Text::new()
        .str(key.name())
        .str(" needs the certificate that belongs to it: write ssl_certificate_location = \"...\"");
    Some(Violation {
        at: Some(key),
        with: Some(Setting::SslCertificateLocation),
        text,
    })
}
