//! The operator's side of approvals: look, say yes, say no, take back.
//!
//! Owns that each is written down, once, whoever does it: the command line, the admin listener, or a
//! client's user.

use ringfence_audit::{
    Approval as Recorded, ApprovalState as Step, Caller as CalledBy, Change, Event, Tool,
};
use ringfence_identity::TenantName;
use ringfence_state::{ApprovalEntry, ApprovalError, Given, StateError};

use super::Approvals;

impl Approvals {
    /// The newest approvals of one tenant, or of all: those that wait or hold, or, with `all`, those that
    /// are over, too.
    ///
    /// # Errors
    ///
    /// State cannot be read.
    pub async fn list(
        &self,
        tenant: Option<&TenantName>,
        all: bool,
    ) -> Result<Vec<ApprovalEntry>, StateError> {
        self.expire().await?;
        self.state.approvals().list(tenant, all).await
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// There is none with this id, or state cannot be read.
    pub async fn show(&self, id: &str) -> Result<ApprovalEntry, ApprovalError> {
        self.expire().await?;
        let found = self.state.approvals().find(id).await?;
        found.ok_or_else(|| ApprovalError::Unknown(id.to_owned()))
    }

    /// Answers, in the name of `by`: yes, as far as `given` says, or, with nothing, no.
    ///
    /// # Errors
    ///
    /// There is no such question, it is answered already, or state cannot be written.
    pub async fn decide(
        &self,
        id: &str,
        given: Option<Given>,
        by: &str,
    ) -> Result<ApprovalEntry, ApprovalError> {
        let entry = self.state.approvals().answer(id, given, by).await?;
        let step = match given {
            Some(_) => Step::Given,
            None => Step::Refused,
        };
        self.write(step, &entry);
        Ok(entry)
    }

    /// Takes a yes back, in the name of `by`. Calls that run with it are ended within a second.
    ///
    /// # Errors
    ///
    /// There is no such approval, it was never given, or state cannot be written.
    pub async fn revoke(&self, id: &str, by: &str) -> Result<ApprovalEntry, ApprovalError> {
        let entry = self.state.approvals().revoke(id, by).await?;
        let key = &entry.question.key;
        drop(self.audit.append(&Event::Revocation(Change {
            by,
            caller: Some(CalledBy {
                tenant: key.tenant.as_str(),
                principal: &key.principal,
            }),
            tool: Some(&entry.question.tool),
            grant: &entry.question.capabilities.join(", "),
            source: &entry.id,
        })));
        Ok(entry)
    }

    /// Ends what is past its time, and writes that down.
    pub(super) async fn expire(&self) -> Result<(), StateError> {
        for entry in self.state.approvals().expire().await? {
            self.write(Step::Expired, &entry);
        }
        Ok(())
    }

    fn write(&self, step: Step, entry: &ApprovalEntry) {
        let question = &entry.question;
        drop(self.audit.append(&Event::Approval(Recorded {
            state: step,
            id: &entry.id,
            caller: CalledBy {
                tenant: question.key.tenant.as_str(),
                principal: &question.key.principal,
            },
            tool: Tool {
                name: &question.tool,
                ..Tool::default()
            },
            arguments: None,
            capabilities: &question.capabilities,
            by: entry.by.as_deref(),
            scope: entry.extent.as_deref(),
        })));
    }
}
