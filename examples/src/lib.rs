//! What the quickstart shows while it runs. The examples themselves are the files beside `src`.

mod progress;
mod table;

pub use progress::Progress;

/// The code in the documents is compiled, and run, with `cargo test`.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/dedicated-connections.md")]
    mod dedicated_connections {}
}
