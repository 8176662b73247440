using System.Security.Cryptography;
using System.Text;
using Relay.Dkim;
using Relay.Mail;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimKeysTests : IDisposable
{
    private static readonly DomainName Domain = DomainName.Parse("example.com");

    private readonly SendersClock _clock = new();
    private readonly MemoryDkimKeyStore _store = new();
    private readonly MemoryAuditStore _audit = new();
    private readonly KeyRing _ring = KeyRing.Parse(KeyRing.CreateText());
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-dkim-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task No_second_pair_is_made_while_the_first_waits_for_its_records()
    {
        var keys = Keys();
        var first = await keys.GenerateAsync(Domain, null, false, AuditActor.Cli, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<DuplicateEntryException>(() => keys.GenerateAsync(Domain, null, false, AuditActor.Cli, CancellationToken.None).AsTask());

        Assert.Contains("relay dkim list", refusal.Message, StringComparison.Ordinal);
        await _store.SetStateAsync(first[0].Id, DkimKeyState.Active, default, CancellationToken.None);
        Assert.Equal(2, (await keys.GenerateAsync(Domain, null, false, AuditActor.Cli, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Generated_keys_are_active_sealed_and_named_by_month()
    {
        var generated = await Keys().GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);

        Assert.Equal(["r202611", "e202611"], generated.Select(key => key.Selector));
        Assert.All(generated, key => Assert.True(key is { State: DkimKeyState.Active, Id: > 0, Domain: "example.com" }));
        Assert.StartsWith("v=DKIM1; k=rsa; p=", generated[0].PublicRecord, StringComparison.Ordinal);
        var opened = _ring.Open(generated[1].SealedPrivateKey.Span, DkimKeys.SealingPurpose);
        Assert.Equal(generated[1].PublicRecord, DkimKey.FromPkcs8("example.com", "x", opened).PublicRecord);
        Assert.Equal("dkim.generate", Assert.Single(await _audit.ListAsync(null, 9, CancellationToken.None)).Action);
    }

    [Fact]
    public async Task A_second_pair_in_a_month_gets_other_selectors()
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);

        var second = await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);

        Assert.Equal(["r202611b", "e202611b"], second.Select(key => key.Selector));
        Assert.Equal(4, (await keys.FindActiveAsync(Domain, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_taken_selector_is_refused()
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, new DkimSelectors("r1", "e1"), true, AuditActor.Cli, CancellationToken.None);

        await Assert.ThrowsAsync<DuplicateEntryException>(
            () => keys.GenerateAsync(Domain, new DkimSelectors("r1", "e2"), true, AuditActor.Cli, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Signatures_of_the_found_keys_verify_against_the_published_records()
    {
        var keys = Keys();
        var generated = await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        var headers = "From: joe@example.com\r\n"u8.ToArray();

        var active = await keys.FindActiveAsync(Domain, CancellationToken.None);
        byte[] signed = [.. new DkimSigner().Sign(headers, [], active, _clock.Now), .. headers];

        var lookup = new FixedKeyLookup(generated.ToDictionary(key => $"{key.Selector}._domainkey.{key.Domain}", key => key.PublicRecord));
        var results = await new DkimVerifier(lookup, _clock).VerifyAsync(signed, Stream.Null, CancellationToken.None);
        Assert.Equal([DkimOutcome.Pass, DkimOutcome.Pass], results.Select(result => result.Outcome));
    }

    [Theory]
    [InlineData("a.b.example.com", true)]
    [InlineData("example.com", true)]
    [InlineData("example.org", false)]
    [InlineData("com", false)]
    [InlineData("notexample.com", false)]
    public async Task The_nearest_parent_with_keys_signs(string from, bool signs)
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);

        var found = await keys.FindActiveAsync(DomainName.Parse(from), CancellationToken.None);

        Assert.Equal(signs, found.Count > 0);
        Assert.All(found, key => Assert.Equal("example.com", key.Domain));
    }

    [Fact]
    public async Task A_subdomain_with_keys_of_its_own_uses_them()
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        await keys.GenerateAsync(DomainName.Parse("sub.example.com"), null, true, AuditActor.Cli, CancellationToken.None);

        var found = await keys.FindActiveAsync(DomainName.Parse("a.sub.example.com"), CancellationToken.None);

        Assert.All(found, key => Assert.Equal("sub.example.com", key.Domain));
    }

    [Fact]
    public async Task Found_keys_are_cached_and_the_same_objects_survive_the_cache_time()
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        var first = await keys.FindActiveAsync(Domain, CancellationToken.None);
        var lists = _store.Lists;

        Assert.Same(first, await keys.FindActiveAsync(Domain, CancellationToken.None));
        Assert.Equal(lists, _store.Lists);

        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(first, await keys.FindActiveAsync(Domain, CancellationToken.None));
        Assert.Equal(lists + 1, _store.Lists);
    }

    [Fact]
    public async Task A_retired_key_signs_no_more_and_one_already_handed_out_still_works()
    {
        var keys = Keys();
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        var handedOut = await keys.FindActiveAsync(Domain, CancellationToken.None);

        Assert.True(await keys.RetireAsync(Domain, "R202611", AuditActor.Cli, CancellationToken.None));
        Assert.False(await keys.RetireAsync(Domain, "r202611", AuditActor.Cli, CancellationToken.None));

        Assert.Equal("e202611", Assert.Single(await keys.FindActiveAsync(Domain, CancellationToken.None)).Selector);
        Assert.NotEmpty(new DkimSigner().Sign("From: a@example.com\r\n"u8, [], handedOut, _clock.Now));
        Assert.Equal(DkimKeyState.Retiring, (await keys.ListAsync(Domain, CancellationToken.None))[0].State);
    }

    [Fact]
    public async Task Without_its_master_key_a_key_is_trouble_and_not_absent()
    {
        await Keys().GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        var stranger = new DkimKeys(_store, KeyRing.Parse(KeyRing.CreateText()), _audit, _clock);

        await Assert.ThrowsAnyAsync<CryptographicException>(() => stranger.FindActiveAsync(Domain, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Domains_whose_keys_do_not_open_are_told_until_the_keys_retire()
    {
        var keys = Keys();
        var pair = await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        var stranger = new DkimKeys(_store, KeyRing.Parse(KeyRing.CreateText()), _audit, _clock);

        Assert.Empty(await keys.FindUnopenableAsync(CancellationToken.None));
        Assert.Equal([Domain.Ascii], await stranger.FindUnopenableAsync(CancellationToken.None));

        foreach (var key in pair)
        {
            await stranger.RetireAsync(Domain, key.Selector, AuditActor.Cli, CancellationToken.None);
        }

        Assert.Empty(await stranger.FindUnopenableAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Configured_files_are_used_instead_of_the_store_and_read_again_on_reload()
    {
        var keys = Keys(new DkimKeyFile(Domain, "f1", DkimAlgorithm.Ed25519Sha256, WriteKey(DkimAlgorithm.Ed25519Sha256)));
        await keys.GenerateAsync(Domain, null, true, AuditActor.Cli, CancellationToken.None);
        await keys.ReloadAsync(CancellationToken.None);

        var first = Assert.Single(await keys.FindActiveAsync(DomainName.Parse("sub.example.com"), CancellationToken.None));
        Assert.Equal("f1", first.Selector);

        WriteKey(DkimAlgorithm.Ed25519Sha256);
        await keys.ReloadAsync(CancellationToken.None);
        Assert.NotEqual(first.PublicRecord, Assert.Single(await keys.FindActiveAsync(Domain, CancellationToken.None)).PublicRecord);
    }

    [Fact]
    public async Task A_faulty_file_keeps_the_keys_in_force()
    {
        var path = WriteKey(DkimAlgorithm.Ed25519Sha256);
        var keys = Keys(new DkimKeyFile(Domain, "f1", DkimAlgorithm.Ed25519Sha256, path));
        await keys.ReloadAsync(CancellationToken.None);

        WriteKey(DkimAlgorithm.RsaSha256);
        var fault = await Assert.ThrowsAsync<FormatException>(() => keys.ReloadAsync(CancellationToken.None).AsTask());
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        File.Delete(path);
        await Assert.ThrowsAnyAsync<IOException>(() => keys.ReloadAsync(CancellationToken.None).AsTask());

        Assert.Single(await keys.FindActiveAsync(Domain, CancellationToken.None));
    }

    private DkimKeys Keys(params DkimKeyFile[] files) => new(_store, _ring, _audit, _clock, files);

    private string WriteKey(DkimAlgorithm algorithm)
    {
        var path = Path.Combine(_folder, "key.pem");
        File.WriteAllText(path, DkimKeyGenerator.Generate("example.com", "f1", algorithm).ToPem(), Encoding.ASCII);
        return path;
    }
}
