//! What the quickstart shows while it runs. The examples themselves are the files beside `src`.

mod progress;
mod table;

pub use progress::Progress;
