//! Errors that trying again cannot mend.

use std::error::Error;
use std::fmt;

use super::HandlerError;
use crate::decode::DecodeError;

/// An error that trying again cannot mend: whatever `retry(...)` says, the record has failed for good.
///
/// It may stand anywhere among the sources of the error that a handler returns, so that a type of one's own can
/// carry it. A handler that returns [`Outcome`](crate::Outcome) says the same with
/// [`Outcome::reject`](crate::Outcome::reject).
///
/// ```
/// use kafka_model::{HandlerError, Permanent};
///
/// struct Payment { amount: i64 }
///
/// async fn book(payment: Payment) -> Result<(), HandlerError> {
///     if payment.amount < 0 {
///         return Err(Permanent::new("a negative amount").into());
///     }
///     let amount = u64::try_from(payment.amount).map_err(Permanent::new)?;
///     send(amount).await?; // may be tried again
///     Ok(())
/// }
/// # async fn send(_: u64) -> Result<(), std::io::Error> { Ok(()) }
/// ```
pub struct Permanent(HandlerError);

impl Permanent {
    /// `error`, not to be tried again.
    pub fn new(error: impl Into<HandlerError>) -> Self {
        Self(error.into())
    }

    /// Whether `error`, or one of its sources, is one; or says that a payload cannot be decoded.
    pub(crate) fn is_in(error: &HandlerError) -> bool {
        let mut next: Option<&(dyn Error + 'static)> = Some(&**error);
        while let Some(error) = next {
            if error.is::<Self>() || error.is::<DecodeError>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

/// As the error in it: its text is not said twice.
impl fmt::Display for Permanent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Permanent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permanent").field(&self.0).finish()
    }
}

impl Error for Permanent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Own {
        #[error("refused")]
        Refused(#[source] Permanent),
        #[error("busy")]
        Busy,
    }

    #[test]
    fn it_is_found_among_the_sources() {
        let refused: HandlerError = Own::Refused(Permanent::new("no such account")).into();
        assert!(Permanent::is_in(&refused));
        assert!(Permanent::is_in(&Permanent::new("no").into()));
        assert!(!Permanent::is_in(&Own::Busy.into()));
        assert!(!Permanent::is_in(&"busy".into()));
    }
}
