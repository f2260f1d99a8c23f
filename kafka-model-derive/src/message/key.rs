//! `key = field`: which field of a message is its record's key.

use kafka_model_core::setting::nearest;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Expr, Fields, Member, Type};

use crate::attr::{Body, Entry};
use crate::mistakes::Mistakes;
use crate::tokens::text_of;

/// A field of the message, or a path that starts at one.
pub(crate) struct Key {
    /// The field of the message itself.
    pub(crate) field: Member,
    /// The fields below it.
    pub(crate) path: Vec<Member>,
    /// As it is written.
    pub(crate) at: TokenStream,
}

/// Reads `key = customer.id`.
pub(crate) fn read(entry: &Entry) -> syn::Result<Key> {
    const HOW: &str = "write `key = field`, or a path to a field, as in `key = customer.id`";
    let value = match &entry.body {
        Body::Value(value) => value,
        Body::Nothing => {
            return Err(syn::Error::new_spanned(
                &entry.at,
                format!("`key` has no value: {HOW}"),
            ));
        }
        Body::List(_) => return Err(syn::Error::new_spanned(entry.whole(), HOW)),
    };
    if let Ok(text) = syn::parse2::<syn::LitStr>(value.clone()) {
        let text = text.value();
        return Err(syn::Error::new_spanned(
            value,
            format!(
                "a key is the name of a field, without quotes: `key = {}`",
                text.escape_debug()
            ),
        ));
    }
    let refuse = || {
        syn::Error::new_spanned(
            value,
            format!("`{}` is not the name of a field: {HOW}", text_of(value)),
        )
    };
    // As an expression, so that syn reads `0.1`, which arrives as one number.
    let expression = syn::parse2::<Expr>(quote!(self.#value)).map_err(|_| refuse())?;
    let mut members = members(&expression).ok_or_else(refuse)?;
    if members.is_empty() {
        return Err(refuse());
    }
    let field = members.remove(0);
    if matches!(&field, Member::Named(name) if name == "self") {
        return Err(refuse());
    }
    Ok(Key {
        field,
        path: members,
        at: value.clone(),
    })
}

/// The fields of `self.a.b`, without `self`.
fn members(expression: &Expr) -> Option<Vec<Member>> {
    match expression {
        Expr::Field(field) => {
            let mut members = members(&field.base)?;
            members.push(field.member.clone());
            Some(members)
        }
        Expr::Path(path) if path.path.is_ident("self") => Some(Vec::new()),
        _ => None,
    }
}

impl Key {
    /// The key, if each value of the message has its field.
    pub(crate) fn check(self, input: &DeriveInput, mistakes: &mut Mistakes) -> Option<Self> {
        let field = text_of(&self.field);
        let text = match &input.data {
            Data::Struct(data) if self.find(&data.fields).is_some() => return Some(self),
            Data::Struct(data) => {
                format!(
                    "`{}` has no field `{field}`{}",
                    input.ident,
                    hint(&field, &[&data.fields])
                )
            }
            Data::Enum(data) => {
                let all: Vec<&Fields> = data
                    .variants
                    .iter()
                    .map(|variant| &variant.fields)
                    .collect();
                let without: Vec<String> = data
                    .variants
                    .iter()
                    .filter(|variant| self.find(&variant.fields).is_none())
                    .map(|variant| format!("`{}`", variant.ident))
                    .collect();
                if without.is_empty() && !all.is_empty() {
                    return Some(self);
                }
                if without.len() == all.len() {
                    format!(
                        "no variant of `{}` has a field `{field}`{}",
                        input.ident,
                        hint(&field, &all)
                    )
                } else {
                    let has = if without.len() == 1 { "has" } else { "have" };
                    format!(
                        "{} {has} no field `{field}`: the key of an enum is a field that each variant has",
                        without.join(", ")
                    )
                }
            }
            // It is refused as a whole.
            Data::Union(_) => return Some(self),
        };
        mistakes.at(&self.field, text);
        None
    }

    /// The type of the key's field among `fields`.
    fn find<'a>(&self, fields: &'a Fields) -> Option<&'a Type> {
        fields
            .members()
            .zip(fields)
            .find(|(member, _)| *member == self.field)
            .map(|(_, field)| &field.ty)
    }

    /// The types of the key's field, one for each variant; none if the key is deeper in it.
    pub(crate) fn types<'a>(&self, input: &'a DeriveInput) -> Vec<&'a Type> {
        if !self.path.is_empty() {
            return Vec::new();
        }
        match &input.data {
            Data::Struct(data) => self.find(&data.fields).into_iter().collect(),
            Data::Enum(data) => data
                .variants
                .iter()
                .filter_map(|variant| self.find(&variant.fields))
                .collect(),
            Data::Union(_) => Vec::new(),
        }
    }
}

/// What may have been meant by `wrong`, or what there is.
fn hint(wrong: &str, all: &[&Fields]) -> String {
    let mut names: Vec<String> = Vec::new();
    for member in all.iter().flat_map(|fields| fields.members()) {
        let name = member.to_token_stream().to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return ": it has no fields".to_owned();
    }
    if let Some(near) = nearest(wrong, names.iter().map(String::as_str)) {
        return format!(": did you mean `{near}`?");
    }
    names.truncate(8);
    format!("; there is `{}`", names.join("`, `"))
}
