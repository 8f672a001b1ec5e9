//! What can go wrong on purpose.

/// Something that goes wrong with the next matching request, once.
///
/// Faults wait in the order they were injected; a request takes the first one meant for it. A `Put` fault is
/// meant for the next PUT of a gateway, a `Get` one for the next GET of a single gateway (lists are spared), a
/// `Health` one for the next question about health. Where there are several gateways, it does not matter which
/// of them the request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The PUT is refused with 429 `RetryableErrorDueToAnotherOperation` and a `Retry-After`.
    PutThrottled429,
    /// The PUT is refused with 409 `AnotherOperationInProgress`.
    PutConflict409,
    /// The PUT is refused with 500 `InternalServerError`.
    PutServerError500,
    /// The PUT is accepted, then canceled because somebody else's write superseded it. Nothing of it
    /// takes effect (Azure/azure-cli#21156).
    PutSuperseded,
    /// The PUT is accepted, then its operation fails. Nothing of it takes effect, and the gateway is left
    /// in provisioning state `Failed`.
    PutFails {
        /// The error code of the failed operation, such as `InternalServerError`.
        code: String,
        /// The message beside it.
        message: String,
    },
    /// The PUT is accepted and carried out, but the connection breaks before the client hears so.
    PutDropsConnectionAfterAccept,
    /// The connection breaks at a PUT of a resource beside the gateway, before an answer.
    BesideDropsConnection {
        /// Whether it is carried out all the same.
        carried_out: bool,
    },
    /// Reading the gateway is refused with 403 `AuthorizationFailed`.
    GetForbidden,
    /// Reading the gateway is refused with 429 `TooManyRequests`.
    GetThrottled429 {
        /// What the `Retry-After` header says, in seconds.
        retry_after: u64,
    },
    /// Reading the gateway is refused with 503 `ServerUnavailable`.
    GetServerError503,
    /// Asking for backend health (either way) is refused with 403 `AuthorizationFailed`.
    HealthForbidden,
    /// Asking for backend health (either way) is refused with 429 `TooManyRequests`.
    HealthThrottled429 {
        /// What the `Retry-After` header says, in seconds.
        retry_after: u64,
    },
    /// The answer to the next health request never gets ready: 202 for ever.
    HealthNeverReady,
    /// Every server is `Unknown`, as when the gateway's own subnet is cut off from its management.
    HealthUnknown,
}

/// Which request a fault waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Get,
    Put,
    /// A PUT of a resource beside the gateway.
    Beside,
    Health,
}

impl Fault {
    pub(crate) fn occasion(&self) -> Occasion {
        match self {
            Self::GetForbidden | Self::GetThrottled429 { .. } | Self::GetServerError503 => Occasion::Get,
            Self::HealthForbidden
            | Self::HealthThrottled429 { .. }
            | Self::HealthNeverReady
            | Self::HealthUnknown => Occasion::Health,
            Self::BesideDropsConnection { .. } => Occasion::Beside,
            Self::PutThrottled429
            | Self::PutConflict409
            | Self::PutServerError500
            | Self::PutSuperseded
            | Self::PutFails { .. }
            | Self::PutDropsConnectionAfterAccept => Occasion::Put,
        }
    }
}
