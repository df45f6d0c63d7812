//! What an evaluation may cost, in the units of the API server: about one for each step, a tenth for each byte of text.

use super::Halt;

/// What one expression may cost (`celconfig.PerCallLimit`).
pub const PER_CALL_LIMIT: u64 = 1_000_000;

/// What all expressions of one policy may cost for one request (`celconfig.RuntimeCELCostBudget`).
pub const PER_POLICY_LIMIT: u64 = 10_000_000;

/// What is left for the expressions of one policy and one request.
#[derive(Debug, Clone)]
pub struct Budget {
    total: u64,
    call: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { total: PER_POLICY_LIMIT, call: PER_CALL_LIMIT }
    }
}

impl Budget {
    /// Whether nothing is left for any further expression.
    pub fn is_exhausted(&self) -> bool {
        self.total == 0
    }

    /// An expression begins: it may cost what one may.
    pub(super) fn begin(&mut self) {
        self.call = PER_CALL_LIMIT;
    }

    pub(super) fn spend(&mut self, cost: u64) -> Result<(), Halt> {
        self.total = self.total.saturating_sub(cost);
        self.call = self.call.saturating_sub(cost);
        if self.call == 0 || self.total == 0 { Err(Halt::Spent) } else { Ok(()) }
    }

    /// For work on `length` bytes of text.
    pub(super) fn spend_text(&mut self, length: usize) -> Result<(), Halt> {
        self.spend(u64::try_from(length.div_ceil(10)).unwrap_or(u64::MAX))
    }

    /// For work on as many elements.
    pub(super) fn spend_elements(&mut self, count: usize) -> Result<(), Halt> {
        self.spend(u64::try_from(count).unwrap_or(u64::MAX))
    }
}
