//! Generated attributes: whatever stands behind the name of a setting is a value of it, or a mistake.

use kafka_model_core::Spec;
use kafka_model_core::setting::{SPECS, Written};
use proc_macro2::{Ident, Span, TokenStream};
use proptest::prelude::*;
use quote::quote;

use crate::groups::ungroup;
use crate::mistakes::Mistakes;
use crate::mistakes::tests::{cases, tokens};
use crate::settings::Settings;
use crate::words::{Place, word_at};
use crate::{FEATURES, attr, declare};

/// `name = value`, or `group(name = value)`.
fn entry(spec: &Spec, value: &TokenStream) -> TokenStream {
    let ident = |name: &str| Ident::new(name, Span::call_site());
    match spec
        .name
        .strip_suffix(')')
        .and_then(|name| name.split_once('('))
    {
        Some((group, name)) => {
            let (group, name) = (ident(group), ident(name));
            quote!(#group(#name = #value))
        }
        None => {
            let name = ident(spec.name);
            quote!(#name = #value)
        }
    }
}

/// What a list of entries says: the settings, the mistakes, and whether there are words of the grammar.
fn read(entries: &TokenStream) -> (Settings, Mistakes, bool) {
    let mut mistakes = Mistakes::default();
    let entries = attr::list(&quote!((#entries)), &mut mistakes);
    let entries = ungroup(entries, &mut mistakes);
    let (mut settings, mut words) = (Settings::default(), false);
    for entry in &entries {
        match word_at(entry, Place::Message, &mut mistakes) {
            Ok(None) => settings.read(entry, Place::Message, true, &mut mistakes),
            Ok(Some(_)) => words = true,
            Err(()) => {}
        }
    }
    (settings, mistakes, words)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_value_of_any_setting_is_read_or_a_mistake(at in any::<prop::sample::Index>(), value in tokens()) {
        let spec = at.get(SPECS);
        let (settings, mistakes, _) = read(&entry(spec, &value));
        let first = settings.placed().first();
        prop_assert!(first.is_some() || !mistakes.is_empty(), "{} = {}", spec.name, value);
        prop_assert!(first.is_none_or(|first| first.setting == spec.canonical()) || !mistakes.is_empty());
        let given = declare::given(&quote!(p), settings.placed());
        prop_assert!(syn::parse2::<syn::Expr>(given).is_ok());
    }

    #[test]
    fn any_text_of_any_setting_is_read_as_the_table_says(
        at in any::<prop::sample::Index>(),
        text in prop_oneof![any::<String>(), "[0-9]{1,20}(ms|s|m|h|d|%|)(\\.\\.|/|,)?([0-9]{1,6}(ms|s|m|h|d))?"],
    ) {
        let spec = at.get(SPECS);
        let (settings, mistakes, _) = read(&entry(spec, &quote!(#text)));
        let taken = spec.refuse().is_none() && spec.read(Written::Str(&text), FEATURES).is_ok();
        prop_assert_eq!(!settings.placed().is_empty(), taken);
        prop_assert_eq!(mistakes.is_empty(), taken);
    }

    #[test]
    fn any_list_of_entries_says_something_or_is_a_mistake(inner in tokens(), group in 0..3_usize) {
        let group = Ident::new(["retry", "dead_letter", "dedicated"][group], Span::call_site());
        let (settings, mistakes, words) = read(&quote!(#group(#inner)));
        prop_assert!(words || !settings.placed().is_empty() || !mistakes.is_empty(), "{group}({inner})");
        let errors = mistakes.to_compile_errors();
        prop_assert!(syn::parse2::<syn::File>(errors).is_ok());
    }
}
