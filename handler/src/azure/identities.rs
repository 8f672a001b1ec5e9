//! As whom the bot asks, and as whom it writes.
//!
//! An identity that only reads cannot be talked into a write, whatever fault the bot may have: so what is approved is
//! written by another one, and without that one a write has no token that it could be sent with.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use domain::evidence::Asker;

use crate::ports::ArmError;

/// As whom the bot asks Azure, and as whom it writes.
#[derive(Debug, Clone)]
pub struct Identities {
    reader: Option<Arc<dyn TokenCredential>>,
    writer: Writer,
}

/// As whom the bot writes.
#[derive(Debug, Clone)]
enum Writer {
    /// As whoever reads.
    Reader,
    /// As somebody else, who may do nothing but that.
    Own(Arc<dyn TokenCredential>),
    /// Not at all.
    None,
}

impl Identities {
    /// One for everything, such as a developer's own.
    #[must_use]
    pub fn one(credential: Arc<dyn TokenCredential>) -> Self {
        Self { reader: Some(credential), writer: Writer::Reader }
    }

    /// One to read, and another to write with; without it nothing is written.
    #[must_use]
    pub fn two(reader: Arc<dyn TokenCredential>, writer: Option<Arc<dyn TokenCredential>>) -> Self {
        Self { reader: Some(reader), writer: writer.map_or(Writer::None, Writer::Own) }
    }

    /// Nobody: requests carry no token. Only a simulator takes that.
    #[must_use]
    pub fn unsigned() -> Self {
        Self { reader: None, writer: Writer::Reader }
    }

    /// The same as far as writing goes, without tokens.
    pub(super) fn without_tokens(self) -> Self {
        let writer = if self.can_write() { Writer::Reader } else { Writer::None };
        Self { reader: None, writer }
    }

    /// Whether there is one to write with.
    #[must_use]
    pub fn can_write(&self) -> bool {
        !matches!(self.writer, Writer::None)
    }

    /// Where a token comes from, if one is wanted at all.
    ///
    /// # Errors
    /// When there is nobody to write as.
    pub(super) fn of(&self, asker: Asker) -> Result<Option<&Arc<dyn TokenCredential>>, ArmError> {
        match (asker, &self.writer) {
            (Asker::Reader, _) | (Asker::Writer, Writer::Reader) => Ok(self.reader.as_ref()),
            (Asker::Writer, Writer::Own(writer)) => Ok(Some(writer)),
            (Asker::Writer, Writer::None) => Err(ArmError::NoWriter),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use azure_core::credentials::{AccessToken, TokenRequestOptions};

    use super::*;

    #[derive(Debug)]
    struct Named(#[expect(dead_code, reason = "seen by Debug")] &'static str);

    #[async_trait]
    impl TokenCredential for Named {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            unreachable!("nobody asks for a token here")
        }
    }

    fn named(name: &'static str) -> Arc<dyn TokenCredential> {
        Arc::new(Named(name))
    }

    fn who(identities: &Identities, asker: Asker) -> String {
        match identities.of(asker) {
            Ok(found) => format!("{found:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn whoever_reads_does_not_write_where_there_is_somebody_for_it() {
        let two = Identities::two(named("reads"), Some(named("writes")));
        assert_eq!(who(&two, Asker::Reader), r#"Some(Named("reads"))"#);
        assert_eq!(who(&two, Asker::Writer), r#"Some(Named("writes"))"#);
        let one = Identities::one(named("both"));
        assert_eq!(who(&one, Asker::Writer), r#"Some(Named("both"))"#);
    }

    #[test]
    fn nobody_writes_where_there_is_nobody_for_it_without_tokens_either() {
        let alone = Identities::two(named("reads"), None);
        for identities in [alone.clone(), alone.without_tokens()] {
            assert!(!identities.can_write());
            assert_eq!(who(&identities, Asker::Writer), "the bot has no identity to write with");
        }
        assert_eq!(who(&Identities::unsigned(), Asker::Writer), "None");
    }
}
