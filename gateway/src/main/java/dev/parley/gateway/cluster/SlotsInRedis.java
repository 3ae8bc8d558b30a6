package dev.parley.gateway.cluster;

import dev.parley.gateway.answer.SlotLedger;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The slots that nodes share: one hash in Redis, which has of each node how many slots it holds until when, and since when
 * those of it have waited for their turns who would use more. One script by Redis' own clock reads and writes all of it, which
 * is little: a few numbers for each node. The clocks of nodes do not matter; where Redis' own was put back, a lease holds no
 * longer from then than ever.
 *
 * <p>A node is given what is free, as far as nobody on another node has waited longer. Where something is free then for
 * somebody else, the one that waits longest is told, by a message that may be lost.
 */
@ManyNodes
@Component
final class SlotsInRedis implements SlotLedger, InitializingBean, DisposableBean {

    private static final String FREE = "slot";

    /** Times in milliseconds. Each of the numbers of a node is a word of its entry; those from the fifth on are who waits. */
    private static final RedisScript SETTLE = RedisScript.of(
            """
                    local me, number, used, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
                    local live, share, lease, place = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
                    local time = redis.call('TIME')
                    local now = time[1] * 1000 + math.floor(time[2] / 1000)
                    local held, speak, waiting = 0, 1, {}
                    local all = redis.call('HGETALL', KEYS[1])
                    for i = 1, #all, 2 do
                      local node, words = all[i], {}
                      for word in string.gmatch(all[i + 1], '%S+') do words[#words + 1] = tonumber(word) end
                      local until_ = words[3]
                      if until_ > now + lease then
                        until_ = now + lease
                        words[3] = until_
                        words[4] = math.min(words[4], now + place)
                        for n = 1, #words do words[n] = string.format('%.0f', words[n]) end
                        redis.call('HSET', KEYS[1], node, table.concat(words, ' '))
                        for n = 1, #words do words[n] = tonumber(words[n]) end
                      end
                      if node == me then
                        if words[1] >= number then return {words[2], 0, ''} end
                      elseif until_ <= now then
                        redis.call('HDEL', KEYS[1], node)
                      else
                        speak = speak + 1
                        held = held + words[2]
                        if words[4] > now then
                          for n = 5, #words do waiting[#waiting + 1] = {words[n], node} end
                        end
                      end
                    end
                    local unseen = math.max(0, live - speak) * share
                    local free = math.max(0, math.max(most - unseen, share) - held - used)
                    local given = 0
                    for n = 9, #ARGV do
                      local since, place = now - ARGV[n], 1
                      for _, other in ipairs(waiting) do
                        if other[1] < since or (other[1] == since and other[2] < me) then place = place + 1 end
                      end
                      if given + place > free then break end
                      given = given + 1
                    end
                    local entry = {number, used + given, now + lease, #ARGV - 8 > given and now + place or 0}
                    for n = 9 + given, #ARGV do entry[#entry + 1] = now - ARGV[n] end
                    for n = 1, #entry do entry[n] = string.format('%.0f', entry[n]) end
                    redis.call('HSET', KEYS[1], me, table.concat(entry, ' '))
                    redis.call('PEXPIRE', KEYS[1], lease)
                    free = free - given
                    local first
                    for _, other in ipairs(waiting) do
                      if not first or other[1] < first[1] or (other[1] == first[1] and other[2] < first[2]) then first = other end
                    end
                    return {used + given, math.max(0, free - #waiting), free > 0 and first and first[2] or ''}
                    """,
            ScriptOutputType.MULTI);

    private final RedisCommands redis;
    private final String key;
    private final NodeCalls calls;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Disposable.Composite telling = Disposables.composite();

    SlotsInRedis(RedisCommands redis, RedisNames names, NodeCalls calls) {
        this.redis = redis;
        this.key = names.slots();
        this.calls = calls;
    }

    /** To another node: it may take a slot. */
    private record News(int slots) {}

    @Override
    public void afterPropertiesSet() {
        calls.serve(FREE, News.class, news -> Mono.fromRunnable(() -> listeners.forEach(Runnable::run)));
    }

    @Override
    public void onFree(Runnable task) {
        listeners.add(task);
    }

    @Override
    public Mono<Grant> settle(Claim claim) {
        return redis.<List<Object>>run(SETTLE, new String[]{key}, arguments(claim))
                // All answers of Redis are read by one thread, which is not to do all that comes after them, too.
                .publishOn(Schedulers.parallel())
                .map(result -> {
                    String next = text((byte[]) result.get(2));
                    if (!next.isEmpty()) {
                        tell(Long.parseLong(next));
                    }
                    return new Grant(number(result.get(0)), number(result.get(1)));
                });
    }

    private static byte[][] arguments(Claim claim) {
        List<Long> numbers = new ArrayList<>(List.of(claim.node(), claim.number(), (long) claim.used(),
                (long) claim.most(), (long) claim.live(), (long) SlotLedger.share(claim.most(), claim.live()),
                LEASE.toMillis(), KEEPS_PLACE.toMillis()));
        numbers.addAll(claim.waiting());
        return numbers.stream().map(each -> Long.toString(each).getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }

    private static int number(Object result) {
        return Math.toIntExact((Long) result);
    }

    private static String text(byte[] result) {
        return new String(result, StandardCharsets.US_ASCII);
    }

    private void tell(long node) {
        Disposable.Swap owner = Disposables.swap();
        telling.add(owner);
        owner.update(calls.tell(node, FREE, new News(1))
                .onErrorComplete()
                .doFinally(end -> telling.remove(owner))
                .subscribe());
    }

    @Override
    public Mono<Void> leave(long node) {
        return redis.send(commands -> commands.hdel(key, Long.toString(node))).then();
    }

    @Override
    public void destroy() {
        telling.dispose();
    }
}
