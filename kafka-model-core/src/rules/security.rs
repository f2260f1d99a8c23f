//! SASL and TLS, and the protocol that decides whether they take effect.

use super::view::{View, Word, at_least, say_word};
use crate::effective::Level;
use crate::setting::Setting;
use crate::text::{Text, eq};
use crate::violation::{Violation, Violations};

/// What a setting has to do with security.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// TLS.
    Tls,
    /// SASL, whatever the mechanism.
    Sasl,
    /// SASL with PLAIN or SCRAM.
    Password,
    /// SASL with GSSAPI.
    Kerberos,
    /// SASL with OAUTHBEARER.
    Token,
    /// Nothing.
    None,
}

const fn family(setting: Setting) -> Family {
    match setting {
        Setting::SslCipherSuites
        | Setting::SslCurvesList
        | Setting::SslSigalgsList
        | Setting::SslKeyLocation
        | Setting::SslKeyPassword
        | Setting::SslKeyPem
        | Setting::SslCertificateLocation
        | Setting::SslCertificatePem
        | Setting::SslCaLocation
        | Setting::SslCaPem
        | Setting::SslCrlLocation
        | Setting::SslKeystoreLocation
        | Setting::SslKeystorePassword
        | Setting::SslProviders
        | Setting::EnableSslCertificateVerification
        | Setting::SslEndpointIdentificationAlgorithm => Family::Tls,
        Setting::SaslMechanism => Family::Sasl,
        Setting::SaslUsername | Setting::SaslPassword => Family::Password,
        Setting::SaslKerberosServiceName
        | Setting::SaslKerberosPrincipal
        | Setting::SaslKerberosKinitCmd
        | Setting::SaslKerberosKeytab
        | Setting::SaslKerberosMinTimeBeforeRelogin => Family::Kerberos,
        Setting::SaslOauthbearerConfig | Setting::EnableSaslOauthbearerUnsecureJwt => Family::Token,
        _ => Family::None,
    }
}

pub(super) const fn check(mut found: Violations, view: View<'_, '_>) -> Violations {
    if let Some(protocol) = view.word(Setting::SecurityProtocol) {
        let (sasl, tls) = covers(protocol.value);
        if sasl {
            found = found.and_maybe(no_mechanism(view, protocol));
        } else {
            found = found.and_maybe(no_effect(view, true, protocol));
        }
        if !tls {
            found = found.and_maybe(no_effect(view, false, protocol));
        }
        if !sasl {
            return found;
        }
    }
    match view.given_word(Setting::SaslMechanism) {
        Some(mechanism) => found
            .and_maybe(no_credentials(view, mechanism))
            .and_maybe(other_credentials(view, mechanism)),
        None => found,
    }
}

/// Whether a protocol has SASL, and whether it has TLS.
const fn covers(protocol: &str) -> (bool, bool) {
    let sasl = eq(protocol, "sasl_ssl") || eq(protocol, "sasl_plaintext");
    let tls = eq(protocol, "sasl_ssl") || eq(protocol, "ssl");
    (sasl, tls)
}

/// The names of settings, separated by commas.
#[derive(Clone, Copy)]
struct Names {
    text: Text,
    first: Option<Setting>,
    many: bool,
}

impl Names {
    const fn and(self, setting: Setting) -> Self {
        let many = self.first.is_some();
        let text = if many { self.text.str(", ") } else { self.text };
        let first = if many { self.first } else { Some(setting) };
        Self {
            text: text.str(setting.name()),
            first,
            many,
        }
    }
}

/// The settings in force that are of one of the `families`, and not given at a level below `level`:
/// what a weaker level says was meant for another consumer.
const fn names(view: View<'_, '_>, families: &[Family], level: Option<Level>) -> Names {
    let mut names = Names {
        text: Text::new(),
        first: None,
        many: false,
    };
    let layers = view.settings.layers();
    let mut layer = 0;
    while layer < layers.len() {
        let here = layers[layer].level;
        let given = layers[layer].given;
        let mut i = 0;
        while i < given.len() {
            let setting = given[i].setting;
            let mut family_at = 0;
            while family_at < families.len() {
                if family(setting) as u8 == families[family_at] as u8
                    && at_least(here, level)
                    && matches!(view.settings.find_given(setting), Some((_, strongest)) if strongest as u8 == here as u8)
                {
                    names = names.and(setting);
                }
                family_at += 1;
            }
            i += 1;
        }
        layer += 1;
    }
    names
}

/// SASL (or else TLS) settings under a protocol without it.
const fn no_effect(view: View<'_, '_>, sasl: bool, protocol: Word<'_>) -> Option<Violation> {
    const SASL: &[Family] = &[
        Family::Sasl,
        Family::Password,
        Family::Kerberos,
        Family::Token,
    ];
    const TLS: &[Family] = &[Family::Tls];
    let names = names(view, if sasl { SASL } else { TLS }, protocol.level);
    if names.first.is_none() {
        return None;
    }
    let verb = if names.many {
        " have no effect under "
    } else {
        " has no effect under "
    };
    let text = say_word(names.text.str(verb), protocol, protocol.level);
    let text = text.str(match (sasl, covers(protocol.value)) {
        (_, (true, _) | (_, true)) => ": set security_protocol = \"sasl_ssl\"",
        (true, _) => ": set security_protocol = \"sasl_ssl\" (or \"sasl_plaintext\")",
        (false, _) => ": set security_protocol = \"ssl\" (or \"sasl_ssl\")",
    });
    let text = text.str(if names.many {
        ", or leave them out"
    } else {
        ", or leave it out"
    });
    Some(Violation {
        at: names.first,
        with: Some(Setting::SecurityProtocol),
        text,
    })
}

const fn no_mechanism(view: View<'_, '_>, protocol: Word<'_>) -> Option<Violation> {
    if !view.is_missing(Setting::SaslMechanism) {
        return None;
    }
    let text = say_word(Text::new(), protocol, protocol.level)
        .str(" needs a sasl_mechanism: write for instance sasl_mechanism = \"SCRAM-SHA-512\" or \"PLAIN\"");
    Some(Violation {
        at: Some(protocol.setting),
        with: Some(Setting::SaslMechanism),
        text,
    })
}

const fn uses_password(mechanism: &str) -> bool {
    eq(mechanism, "PLAIN") || eq(mechanism, "SCRAM-SHA-256") || eq(mechanism, "SCRAM-SHA-512")
}

const fn no_credentials(view: View<'_, '_>, mechanism: Word<'_>) -> Option<Violation> {
    let text = say_word(Text::new(), mechanism, mechanism.level).str(" needs ");
    let (with, text) = if uses_password(mechanism.value) {
        let user = view.is_missing(Setting::SaslUsername);
        let password = view.is_missing(Setting::SaslPassword);
        match (user, password) {
            (true, true) => (
                Setting::SaslUsername,
                text.str("sasl_username and sasl_password: write sasl_username = \"...\", sasl_password = env(\"NAME\")"),
            ),
            (true, false) => (Setting::SaslUsername, text.str("sasl_username: write sasl_username = \"...\"")),
            (false, true) => (Setting::SaslPassword, text.str("sasl_password: write sasl_password = env(\"NAME\")")),
            (false, false) => return None,
        }
    } else {
        return None;
    };
    Some(Violation {
        at: Some(mechanism.setting),
        with: Some(with),
        text,
    })
}

/// Credentials that the mechanism does not use.
const fn other_credentials(view: View<'_, '_>, mechanism: Word<'_>) -> Option<Violation> {
    const PASSWORD: &[Family] = &[Family::Kerberos, Family::Token];
    const KERBEROS: &[Family] = &[Family::Password, Family::Token];
    const TOKEN: &[Family] = &[Family::Password, Family::Kerberos];
    let others = if uses_password(mechanism.value) {
        PASSWORD
    } else if eq(mechanism.value, "GSSAPI") {
        KERBEROS
    } else {
        TOKEN
    };
    let names = names(view, others, mechanism.level);
    if names.first.is_none() {
        return None;
    }
    let text = names.text.str(if names.many {
        " have no effect with "
    } else {
        " has no effect with "
    });
    let text = say_word(text, mechanism, mechanism.level)
        .str(": leave ")
        .str(if names.many { "them" } else { "it" })
        .str(" out, or choose the sasl_mechanism that uses ")
        .str(if names.many { "them" } else { "it" });
    Some(Violation {
        at: names.first,
        with: Some(mechanism.setting),
        text,
    })
}
