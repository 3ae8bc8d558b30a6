package dev.parley.gateway.answer;

import java.util.List;
import reactor.core.scheduler.Schedulers;

/** The ledger that other tests trust does what that in Redis does. */
class SlotLedgerInMemoryTests extends SlotLedgerContract {

    private final SlotLedgerInMemory ledger = new SlotLedgerInMemory(Schedulers.parallel());
    private final List<SlotLedger> nodes = List.of(ledger.of(1), ledger.of(2), ledger.of(3));

    @Override
    protected List<SlotLedger> nodes() {
        return nodes;
    }
}
