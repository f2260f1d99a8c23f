//! Small helpers on tokens.

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

/// The tokens with invisible groups opened: what a `macro_rules` fragment such as `$topic` stands for
/// arrives inside one.
pub(crate) fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flat.extend(flatten(group.stream()));
            }
            other => flat.push(other),
        }
    }
    flat
}

/// The tokens as a user would write them: to show them, and to compare types.
pub(crate) fn text_of(tokens: impl ToTokens) -> String {
    fn write(tokens: TokenStream, text: &mut String) {
        let mut after_word = false;
        for token in flatten(tokens) {
            let word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
            if word && after_word {
                text.push(' ');
            }
            after_word = word;
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    text.push_str(open);
                    write(group.stream(), text);
                    text.push_str(close);
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => text.push_str(", "),
                other => text.push_str(&other.to_string()),
            }
        }
    }
    let mut text = String::new();
    write(tokens.into_token_stream(), &mut text);
    text
}

/// The word that this token is, without `r#`.
pub(crate) fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.unraw().to_string()),
        _ => None,
    }
}

/// Whether this token is the punctuation `char`.
pub(crate) fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

/// Whether this token is `char`, glued to another punctuation behind it, as in `==` and `::`.
pub(crate) fn is_joint(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct))
        if punct.as_char() == char && punct.spacing() == Spacing::Joint)
}

/// Where `tokens` begin and where they end.
pub(crate) fn ends(tokens: impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.into_token_stream().into_iter();
    let start = tokens
        .next()
        .map_or_else(Span::call_site, |token| token.span());
    let end = tokens.last().map_or(start, |token| token.span());
    (start, end)
}

/// Whether one of the words in `tokens` is one that `is` looks for.
pub(crate) fn any_ident(tokens: TokenStream, is: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), is),
        _ => false,
    })
}
