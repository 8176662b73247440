using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimRotationTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DomainName Domain = DomainName.Parse("example.com");

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryDkimKeyStore _store = new();
    private readonly MemoryAuditStore _audit = new();
    private readonly ZoneTable _zone = new();
    private readonly DkimKeys _keys;
    private readonly DkimRotation _rotation;

    public DkimRotationTests()
    {
        _keys = new DkimKeys(_store, KeyRing.Parse(KeyRing.CreateText()), _audit, _time);
        _rotation = new DkimRotation(
            _store, _keys, new DkimKeyProof(_zone), _audit, new DkimRotationOptions { PublishedAfterRetiring = TimeSpan.FromDays(7) }, _time, NullLogger<DkimRotation>.Instance);
    }

    public void Dispose() => _rotation.Dispose();

    [Fact]
    public async Task A_rotated_pair_waits_for_its_records_then_signs_beside_the_old_one_which_retires_and_ends()
    {
        var old = await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        await CheckAsync(5);
        Assert.Equal(Selectors(old), await SigningAsync());

        Publish(fresh);
        await CheckAsync(DkimRotation.SightingsWanted - 1);
        Assert.Equal(Selectors(old), await SigningAsync());
        await CheckAsync(1);
        Assert.Equal(Selectors([.. old, .. fresh]), await SigningAsync());

        _time.Advance(DkimRotation.Overlap);
        await CheckAsync(1);
        Assert.Equal(Selectors(fresh), await SigningAsync());
        Assert.Equal(2, (await _store.ListAsync(null, None)).Count(key => key.State == DkimKeyState.Retiring));

        _time.Advance(TimeSpan.FromDays(7));
        await CheckAsync(1);
        Assert.Equal(2, (await _store.ListAsync(null, None)).Count(key => key.State == DkimKeyState.Retired));
    }

    [Fact]
    public async Task A_zone_that_lags_never_leaves_a_message_without_a_signature_that_verifies()
    {
        var old = await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        Publish(old);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        var visible = new HashSet<string>(Selectors(old));
        for (var round = 0; round < 2000; round++)
        {
            // A reader behind the laggard sees the new records only a day after the name servers that we ask.
            if (round == 20)
            {
                Publish(fresh);
            }

            if (round == 20 + (24 * 12))
            {
                visible.UnionWith(Selectors(fresh));
            }

            await CheckAsync(1);
            Assert.Contains(await SigningAsync(), visible.Contains);
        }

        Assert.Equal(Selectors(fresh), await SigningAsync());
    }

    [Fact]
    public async Task Mail_signed_at_any_moment_of_a_rotation_verifies_at_once_and_when_it_expires_however_the_zone_lags()
    {
        const int Day = 24 * 12;
        var message = System.Text.Encoding.ASCII.GetBytes("From: a@example.com\r\nSubject: load\r\n");
        var seen = new Dictionary<string, string>();
        var old = await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        Publish(old);
        See(old);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        var under = new Queue<(int Due, byte[] Signed)>();
        var selectors = new HashSet<string>();
        var verified = 0;
        for (var round = 0; round < 17 * Day; round++)
        {
            if (round == 20)
            {
                Publish(fresh);
            }

            if (round == 20 + Day)
            {
                See(fresh);
            }

            await CheckAsync(1);
            foreach (var gone in (await _store.ListAsync(null, None)).Where(key => key.State == DkimKeyState.Retired))
            {
                seen.Remove(DkimKeyProof.NameOf(gone));
            }

            if (round % 24 == 0)
            {
                var keys = await _keys.FindActiveAsync(Domain, None);
                selectors.UnionWith(keys.Select(key => key.Selector));
                byte[] signed = [.. new Relay.Dkim.DkimSigner().Sign(message, "hello\r\n"u8.ToArray(), keys, _time.GetUtcNow()), .. message];
                await VerifiesAsync(signed, $"round {round}");
                under.Enqueue((round + (5 * Day), signed));
            }

            while (under.TryPeek(out var late) && late.Due <= round)
            {
                await VerifiesAsync(under.Dequeue().Signed, $"at its expiry in round {round}");
            }
        }

        Assert.Equal(4, selectors.Count);
        Assert.Equal(Selectors(fresh), await SigningAsync());
        Assert.Equal(2, seen.Count);
        Assert.True(verified > 300, $"{verified} verified");

        void See(IEnumerable<SealedDkimKey> keys) => keys.ToList().ForEach(key => seen[DkimKeyProof.NameOf(key)] = key.PublicRecord);

        async Task VerifiesAsync(byte[] signed, string when)
        {
            var results = await new Relay.Dkim.DkimVerifier(new FixedKeyLookup(seen), _time).VerifyAsync(signed, new MemoryStream("hello\r\n"u8.ToArray()), None);
            Assert.True(results.Any(result => result.Outcome == Relay.Dkim.DkimOutcome.Pass), when);
            verified++;
        }
    }

    [Fact]
    public async Task A_record_that_comes_and_goes_does_not_count()
    {
        await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        for (var i = 0; i < 6; i++)
        {
            if (i % 2 == 0)
            {
                Publish(fresh);
            }
            else
            {
                fresh.ToList().ForEach(key => _zone.Remove($"{key.Selector}._domainkey.example.com"));
            }

            await CheckAsync(1);
        }

        Assert.Equal(2, (await SigningAsync()).Count);
    }

    [Fact]
    public async Task Another_key_at_the_name_does_not_count()
    {
        await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        foreach (var key in await _keys.RotateAsync(Domain, AuditActor.Cli, None))
        {
            _zone.Txt($"{key.Selector}._domainkey.example.com", "v=DKIM1; k=rsa; p=MIIBIjANBgkq");
        }

        await CheckAsync(10);
        Assert.Equal(2, (await SigningAsync()).Count);
    }

    [Fact]
    public async Task One_rotation_at_a_time_and_none_without_a_key_that_signs()
    {
        Assert.Contains("no key that signs; 'relay dkim generate example.com'", (await RefusedAsync()).Message, StringComparison.Ordinal);
        var first = await _keys.GenerateAsync(Domain, null, false, AuditActor.Cli, None);
        Assert.Contains("no key that signs yet: publish", (await RefusedAsync()).Message, StringComparison.Ordinal);
        Publish(first);
        await CheckAsync(1);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        Assert.Contains($"{fresh[0].Selector} waits for its record", (await RefusedAsync()).Message, StringComparison.Ordinal);

        // One of the two is seen: the rotation is under way until the other is, too.
        Publish(fresh.Skip(1));
        await CheckAsync(DkimRotation.SightingsWanted);
        Assert.Contains($"{fresh[0].Selector} waits for its record", (await RefusedAsync()).Message, StringComparison.Ordinal);

        Task<DuplicateEntryException> RefusedAsync() => Assert.ThrowsAsync<DuplicateEntryException>(() => _keys.RotateAsync(Domain, AuditActor.Cli, None).AsTask());
    }

    [Fact]
    public async Task A_key_that_signs_is_rotated_while_one_of_another_algorithm_was_never_published()
    {
        var first = await _keys.GenerateAsync(Domain, null, false, AuditActor.Cli, None);
        Publish(first.Take(1));
        await CheckAsync(1);
        Assert.Equal(Selectors(first.Take(1)), await SigningAsync());

        // What was printed for the key that waits holds on.
        var pair = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        Assert.NotEqual(first[0].Selector, pair[0].Selector);
        Assert.Equal(first[1].PublicRecord, pair[1].PublicRecord);
        await CheckAsync(5);
        Assert.Equal(Selectors(first.Take(1)), await SigningAsync());

        Publish(pair.Take(1));
        await CheckAsync(DkimRotation.SightingsWanted);
        Assert.Equal(Selectors([first[0], pair[0]]), await SigningAsync());
        _time.Advance(DkimRotation.Overlap);
        await CheckAsync(1);
        Assert.Equal(Selectors(pair.Take(1)), await SigningAsync());

        Publish(pair.Skip(1));
        await CheckAsync(1);
        Assert.Equal(Selectors(pair), await SigningAsync());
    }

    [Fact]
    public async Task A_successor_signs_once_it_is_seen_when_the_old_key_was_retired_before()
    {
        var old = await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        var fresh = await _keys.RotateAsync(Domain, AuditActor.Cli, None);
        foreach (var key in old)
        {
            Assert.True(await _keys.RetireAsync(Domain, key.Selector, AuditActor.Cli, None));
        }

        await CheckAsync(5);
        Assert.Empty(await SigningAsync());
        Publish(fresh);
        await CheckAsync(1);
        Assert.Equal(Selectors(fresh), await SigningAsync());
    }

    [Fact]
    public async Task Two_pairs_that_an_operator_made_stay_as_they_are()
    {
        await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        await _keys.GenerateAsync(Domain, null, true, AuditActor.Cli, None);
        _time.Advance(TimeSpan.FromDays(30));
        await CheckAsync(5);
        Assert.Equal(4, (await SigningAsync()).Count);
    }

    [Fact]
    public async Task First_keys_sign_from_when_their_records_are_seen_and_not_before()
    {
        var pair = await _keys.GenerateAsync(Domain, null, false, AuditActor.Cli, None);
        Assert.All(pair, key => Assert.Equal((DkimKeyState.Pending, true), (key.State, key.ActivatesOnSight)));
        await CheckAsync(3);
        Assert.Empty(await SigningAsync());
        var found = await _rotation.CheckAsync(Domain, None);
        Assert.All(found, item => Assert.Equal((DkimKeyState.Pending, DkimPresence.Absent), (item.Key.State, item.Sighting.Presence)));

        Publish([pair[0]]);
        _zone.Txt(DkimKeyProof.NameOf(pair[1]), "v=DKIM1; k=ed25519; p=AAAA");
        Assert.Equal([DkimPresence.Found, DkimPresence.Other], (await _rotation.CheckAsync(Domain, None)).Select(item => item.Sighting.Presence));
        Assert.Equal([pair[0].Selector], await SigningAsync());

        _zone.Remove(DkimKeyProof.NameOf(pair[1]));
        _zone.Fails(DkimKeyProof.NameOf(pair[1]), Relay.Dns.DnsStatus.Timeout);
        Assert.Equal(DkimPresence.Unknown, (await _rotation.CheckAsync(Domain, None))[1].Sighting.Presence);
        _zone.Remove(DkimKeyProof.NameOf(pair[1]));
        Publish([pair[1]]);
        await CheckAsync(1);
        Assert.Equal(Selectors(pair), await SigningAsync());
        Assert.Equal(2, (await _audit.ListAsync(null, 9, None)).Count(entry => entry.Action == "dkim.activate"));
    }

    [Fact]
    public async Task A_first_key_behind_a_CNAME_is_seen()
    {
        var pair = await _keys.GenerateAsync(Domain, null, false, AuditActor.Cli, None);
        foreach (var key in pair)
        {
            _zone.Alias(DkimKeyProof.NameOf(key), $"{key.Selector}.keys.example.net").Txt($"{key.Selector}.keys.example.net", key.PublicRecord);
        }

        Assert.All(await _rotation.CheckAsync(Domain, None), item => Assert.Equal(DkimKeyState.Active, item.Key.State));
    }

    [Fact]
    public async Task Where_keys_of_a_parent_sign_new_ones_must_be_as_visible_as_in_a_rotation()
    {
        var parent = await _keys.GenerateAsync(DomainName.Parse("com.test"), null, true, AuditActor.Cli, None);
        var below = DomainName.Parse("sub.com.test");
        var pair = await _keys.GenerateAsync(below, null, false, AuditActor.Cli, None);
        foreach (var key in pair)
        {
            _zone.Txt(DkimKeyProof.NameOf(key), key.PublicRecord);
        }

        await _rotation.CheckAsync(below, None);
        await CheckAsync(DkimRotation.SightingsWanted - 1);
        Assert.Equal("com.test", (await _keys.FindActiveAsync(below, None))[0].Domain);
        await CheckAsync(1);
        Assert.Equal("sub.com.test", (await _keys.FindActiveAsync(below, None))[0].Domain);
        Assert.NotEmpty(parent);
    }

    [Fact]
    public async Task Keys_that_wait_for_the_check_of_their_domain_are_left_to_it()
    {
        var pair = await _keys.PrepareAsync(Domain, 7, new DkimSelectors("r1", "e1"), None);
        await _store.AddAsync(pair, None);
        Publish(pair);
        await _rotation.CheckAsync(Domain, None);
        await CheckAsync(5);
        Assert.Empty(await SigningAsync());
    }

    private void Publish(IEnumerable<SealedDkimKey> keys)
    {
        foreach (var key in keys)
        {
            _zone.Txt($"{key.Selector}._domainkey.example.com", key.PublicRecord);
        }
    }

    private async Task CheckAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _rotation.CheckAsync(None);
            _time.Advance(TimeSpan.FromMinutes(5));
        }
    }

    private async Task<List<string>> SigningAsync() => [.. (await _keys.FindActiveAsync(Domain, None)).Select(key => key.Selector).Order(StringComparer.Ordinal)];

    private static List<string> Selectors(IEnumerable<SealedDkimKey> keys) => [.. keys.Select(key => key.Selector).Order(StringComparer.Ordinal)];
}
