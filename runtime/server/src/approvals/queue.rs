//! The operator's side of approvals: look, say yes, say no, take back.
//!
//! Owns that each is written down, once, whoever does it: the command line, the admin listener, or a
//! client's user.

use ringfence_audit::{
    Approval as Recorded, ApprovalState as Step, CallName, Caller as CalledBy, Change, Event, Tool,
};
use ringfence_identity::TenantName;
use ringfence_state::{ApprovalEntry, ApprovalError, Given, REFUSED_FOR, StateError};

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

    /// The operator answers, in the name of `by`: yes, as far as `given` says, or, with nothing, no, which
    /// holds for [`REFUSED_FOR`]. A yes may take the place of a no that holds.
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
        if given.is_some() {
            return self.answer(id, given, by).await;
        }
        let approvals = self.state.approvals();
        let entry = approvals.refuse(id, by, REFUSED_FOR).await?;
        self.write(Step::Refused, &entry);
        Ok(entry)
    }

    /// A person answers for the calls that wait now: yes, or, with nothing, no.
    pub(super) async fn answer(
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

    /// Takes a yes back, or a no that holds, in the name of `by`. Calls that run with a yes are ended within
    /// a second.
    ///
    /// # Errors
    ///
    /// There is no such approval, it was never decided, or state cannot be written.
    pub async fn revoke(&self, id: &str, by: &str) -> Result<ApprovalEntry, ApprovalError> {
        let entry = self.state.approvals().revoke(id, by).await?;
        let key = &entry.question.key;
        drop(self.audit.append(&Event::Revocation(Change {
            by,
            caller: Some(CalledBy {
                tenant: key.tenant.as_str(),
                principal: &key.principal,
            }),
            name: asked_by(&entry),
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
            name: asked_by(entry),
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

/// The call that asked. Those that were asked by an older version do not say which.
fn asked_by(entry: &ApprovalEntry) -> Option<CallName<'_>> {
    let asker = &entry.question.asker;
    let name = CallName {
        call: &asker.call,
        request: &asker.request,
        parent: asker.parent.as_deref(),
    };
    Some(name).filter(|name| !name.call.is_empty())
}
