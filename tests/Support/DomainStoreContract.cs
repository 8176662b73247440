using System.Text.Json.Nodes;
using Relay.Dkim;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of domains promises; derive once per store.</summary>
public abstract class DomainStoreContract : IAsyncLifetime
{
    private const DomainStatus Proved = DomainStatus.Success;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly SendLimits Limits = new()
    {
        EmailsPerHour = 5,
        EmailsPerDay = 0,
        EmailsPerSecond = 1,
        RecipientsPerSecond = 2,
        RecipientsPerHour = 3,
        RecipientsPerDay = 4,
    };

    private IDomainStore Store { get; set; } = null!;

    private IDkimKeyStore Keys { get; set; } = null!;

    public async Task InitializeAsync() => (Store, Keys) = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<(IDomainStore Store, IDkimKeyStore Keys)> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var entry = Entry("example.com") with
        {
            IsTrusted = true,
            VerificationError = "nothing there",
            CheckedAt = At.AddHours(1),
            NextCheckAt = At.AddHours(2),
            FailingSince = At.AddHours(3),
            Failures = 2,
            Records = new RecordStatuses(
                DomainStatus.NotStarted, DomainStatus.Pending, Proved, DomainStatus.Failed, DomainStatus.TemporaryFailure, Proved, Proved),
        };
        entry = entry with
        {
            Domain = entry.Domain with
            {
                ClickTracking = true,
                OpenTracking = true,
                TrackingHost = "links.example.com",
                UpdatedAt = At.AddDays(1),
                Limits = Limits,
            },
        };

        var added = await AddAsync(entry);

        Assert.True(added.Domain.Id > 0);
        Assert.Equal(added, await Store.FindAsync(added.Domain.Id, None));
        Assert.Equal(added, await Store.FindAsync(1, DomainName.Parse("example.com"), None));
        Assert.Equal(entry with { Domain = entry.Domain with { Id = added.Domain.Id } }, added);
        Assert.Equal(["e1", "r1"], (await Keys.ListAsync("example.com", None)).Select(key => key.Selector).Order());
    }

    [Fact]
    public async Task Keeps_advice_and_finds_what_drifted()
    {
        RecordAdvice advice = new("mta-sts", AdviceState.Wrong, "the policy's \"mx\" <none>", "mend it")
        {
            Records = [new RecordToPublish("MX", "example.com", "mx.example.com", "10")],
            File = new FileToPublish("https://mta-sts.example.com/.well-known/mta-sts.txt", "version: STSv1\n"),
            Memory = "id",
            LookedAt = At,
            GoodAt = At.AddDays(-2),
            DriftSince = At.AddDays(-1),
        };
        var drifted = await AddAsync(With(Entry("example.com"), Proved));
        await AddAsync(With(Entry("example.org", suffix: "2"), Proved));
        var pending = await AddAsync(Entry("example.net", suffix: "3"));
        Assert.Empty(await Store.DriftedAsync(10, None));

        Assert.True(await Store.UpdateProofAsync(drifted with { Advice = [advice] }, Active, null, None));
        Assert.True(await Store.UpdateProofAsync(pending with { Advice = [advice] }, default, null, None));

        var read = Assert.Single(Assert.Single(await Store.DriftedAsync(10, None)).Advice);
        Assert.Equal(advice.Records, read.Records);
        Assert.Equal(advice, read with { Records = advice.Records });
        Assert.True(await Store.UpdateProofAsync(drifted with { Advice = [advice with { DriftSince = null }] }, Active, null, None));
        Assert.Empty(await Store.DriftedAsync(10, None));
        Assert.True(await Store.UpdateProofAsync(drifted with { RsaKey = new DomainKey("r1", "v=DKIM1; p=b3RoZXI=") }, Active, null, None));
        Assert.Equal("v=DKIM1; p=b3RoZXI=", (await Store.FindAsync(drifted.Domain.Id, None))!.RsaKey.Record);
        Assert.True(await Store.UpdateProofAsync(drifted with { Looks = [advice] }, Active, null, None));
        Assert.Equal("mta-sts", Assert.Single(Assert.Single(await Store.DriftedAsync(10, None)).Looks).Check);
        Assert.True(await Store.UpdateProofAsync(drifted with { FailingSince = At }, Active, null, None));
        Assert.Single(await Store.DriftedAsync(10, None));
    }

    [Fact]
    public async Task Accounts_do_not_see_each_others_domains()
    {
        var mine = await AddAsync(Entry("example.com"));
        var theirs = await AddAsync(Entry("example.com", account: 2, suffix: "2"));

        Assert.Equal([mine.Domain.Id], (await Store.ListAsync(1, None)).Select(entry => entry.Domain.Id));
        Assert.Equal([mine.Domain.Id], (await Store.PageAsync(1, 0, 10, None)).Select(entry => entry.Domain.Id));
        Assert.Empty(await Store.PageAsync(1, mine.Domain.Id, 10, None));
        Assert.Single(await Store.PageAsync(null, 0, 1, None));
        Assert.Equal(theirs.Domain.Id, (await Store.FindAsync(2, DomainName.Parse("example.com"), None))!.Domain.Id);
        Assert.Null(await Store.FindAsync(3, DomainName.Parse("example.com"), None));
        Assert.Equal((1, 0), (await Store.CountAsync(2, None), await Store.CountAsync(3, None)));
        Assert.Equal(2, (await Store.ListAsync(null, None)).Count);
    }

    [Fact]
    public async Task An_account_has_a_domain_once_and_a_failed_addition_leaves_nothing()
    {
        await AddAsync(Entry("example.com"));

        await Assert.ThrowsAsync<DuplicateEntryException>(() => AddAsync(Entry("example.com", suffix: "2")));
        await Assert.ThrowsAsync<DuplicateEntryException>(() => AddAsync(Entry("example.com", account: 2)));

        Assert.Single(await Store.ListAsync(null, None));
        Assert.Equal(2, (await Keys.ListAsync("example.com", None)).Count);
    }

    [Fact]
    public async Task One_account_at_most_holds_a_name_as_proved()
    {
        var first = await AddAsync(Entry("example.com"));
        var second = await AddAsync(Entry("example.com", account: 2, suffix: "2"));
        Assert.Null(await Store.FindHolderAsync(first.Domain.Name, None));

        Assert.True(await Store.UpdateProofAsync(With(first, Proved), Active, null, None));
        Assert.False(await Store.UpdateProofAsync(With(second, Proved), Active, null, None));

        Assert.Equal(1, await Store.FindHolderAsync(first.Domain.Name, None));
        Assert.Equal(DomainStatus.NotStarted, (await Store.FindAsync(second.Domain.Id, None))!.Domain.Status);
        Assert.Equal(
            [("e1", DkimKeyState.Active), ("e2", DkimKeyState.Pending), ("r1", DkimKeyState.Active), ("r2", DkimKeyState.Pending)],
            (await Keys.ListAsync("example.com", None)).Select(key => (key.Selector, key.State)).Order());
        await Assert.ThrowsAsync<DuplicateEntryException>(() => AddAsync(With(Entry("example.com", account: 3, suffix: "3"), Proved)));
        Assert.True(await Store.UpdateProofAsync(With(first, DomainStatus.Failed), new KeyStates(DkimKeyState.Pending, DkimKeyState.Pending), null, None));
        Assert.True(await Store.UpdateProofAsync(With(second, Proved), Active, null, None));
    }

    [Fact]
    public async Task Proof_and_settings_do_not_overwrite_each_other()
    {
        var read = await AddAsync(Entry("example.com"));

        await Store.UpdateSettingsAsync(read with { Domain = read.Domain with { ClickTracking = true, Limits = new SendLimits { EmailsPerDay = 9 } } }, None);
        await Store.UpdateProofAsync(With(read, Proved) with { CheckedAt = At, NextCheckAt = At.AddDays(1) }, new KeyStates(DkimKeyState.Active, null), null, None);
        await Store.UpdateSettingsAsync(read with { Domain = read.Domain with { ClickTracking = true, OpenTracking = true, Limits = Limits } }, None);

        var now = (await Store.FindAsync(read.Domain.Id, None))!;
        Assert.True(now.Domain is { ClickTracking: true, OpenTracking: true, IsVerified: true });
        Assert.Equal(Limits, now.Domain.Limits);
        Assert.Equal(At.AddDays(1), now.NextCheckAt);
        Assert.Equal([DkimKeyState.Active, DkimKeyState.Pending], (await Keys.ListAsync("example.com", None)).OrderByDescending(key => key.Selector).Select(key => key.State));
    }

    [Fact]
    public async Task A_key_that_an_operator_retired_stays_retired()
    {
        var entry = await AddAsync(Entry("example.com"));
        var rsa = (await Keys.ListAsync("example.com", None)).Single(key => key.Selector == "r1");
        await Keys.SetStateAsync(rsa.Id, DkimKeyState.Retired, At, None);

        await Store.UpdateProofAsync(With(entry, Proved), Active, null, None);

        Assert.Equal(DkimKeyState.Retired, (await Keys.ListAsync("example.com", None)).Single(key => key.Selector == "r1").State);
    }

    [Fact]
    public async Task Tells_what_is_due_the_longest_due_first()
    {
        var late = await AddAsync(Entry("late.test") with { NextCheckAt = At.AddMinutes(2) });
        var early = await AddAsync(Entry("early.test") with { NextCheckAt = At.AddMinutes(1) });
        await AddAsync(Entry("never.test"));

        Assert.Empty(await Store.DueAsync(At, 10, None));
        Assert.Equal([early.Domain.Id, late.Domain.Id], (await Store.DueAsync(At.AddMinutes(2), 10, None)).Select(entry => entry.Domain.Id));
        Assert.Equal([early.Domain.Id], (await Store.DueAsync(At.AddMinutes(2), 1, None)).Select(entry => entry.Domain.Id));
        Assert.Equal(At.AddMinutes(1), await Store.NextDueAsync(None));
        Assert.True(await Store.ScheduleAsync(late.Domain.Id, At, None));
        Assert.Equal(At, await Store.NextDueAsync(None));
        Assert.False(await Store.ScheduleAsync(late.Domain.Id + 1000, At, None));
    }

    [Fact]
    public async Task Lists_domains_in_trouble_and_no_others()
    {
        static DomainEntry Failed(string name) => Entry(name) with { VerificationError = "not there", Domain = Entry(name).Domain with { Status = DomainStatus.Failed } };
        await AddAsync(Entry("new.test"));
        var first = await AddAsync(Failed("first.test"));
        await AddAsync(Failed("trusted.test") with { IsTrusted = true });
        await AddAsync(Failed("unsaid.test") with { VerificationError = null });
        await AddAsync(Entry("shaky.test") with { VerificationError = "no answer", Domain = Entry("shaky.test").Domain with { Status = DomainStatus.TemporaryFailure } });
        var second = await AddAsync(Failed("second.test"));

        Assert.Equal([first.Domain.Id, second.Domain.Id], (await Store.FailedAsync(10, None)).Select(entry => entry.Domain.Id));
        Assert.Equal([first.Domain.Id], (await Store.FailedAsync(1, None)).Select(entry => entry.Domain.Id));
    }

    [Fact]
    public async Task Removes_a_domain_and_retires_its_keys_alone()
    {
        var mine = await AddAsync(Entry("example.com"));
        await AddAsync(Entry("example.com", account: 2, suffix: "2"));

        Assert.True(await Store.RemoveAsync(mine.Domain.Id, At, Notice("domain.deleted", mine), None));
        Assert.False(await Store.RemoveAsync(mine.Domain.Id, At, Notice("domain.deleted", mine), None));

        Assert.Null(await Store.FindAsync(mine.Domain.Id, None));
        Assert.False(await Store.UpdateProofAsync(mine, default, null, None));
        Assert.False(await Store.UpdateSettingsAsync(mine, None));
        Assert.Equal(
            [("e1", DkimKeyState.Retiring), ("e2", DkimKeyState.Pending), ("r1", DkimKeyState.Retiring), ("r2", DkimKeyState.Pending)],
            (await Keys.ListAsync("example.com", None)).Select(key => (key.Selector, key.State)).Order());
    }

    [Fact]
    public async Task Keys_that_an_operator_made_are_put_to_use_by_a_proof_and_taken_away_by_him_alone()
    {
        var entry = await AddAsync(Entry("example.com"), areOperators: true);

        Assert.True(await Store.UpdateProofAsync(With(entry, Proved), Active, null, None));
        Assert.True(await Store.UpdateProofAsync(With(entry, DomainStatus.Failed), new KeyStates(DkimKeyState.Pending, DkimKeyState.Pending), null, None));
        Assert.True(await Store.RemoveAsync(entry.Domain.Id, At, Notice("domain.deleted", entry), None));

        Assert.All(await Keys.ListAsync("example.com", None), key => Assert.Equal(DkimKeyState.Active, key.State));
    }

    [Fact]
    public async Task Notices_are_kept_with_the_changes_they_tell_of_and_only_then()
    {
        var first = await AddAsync(Entry("example.com"));
        var second = await AddAsync(Entry("example.com", account: 2, suffix: "2"));
        Assert.True(await Store.UpdateProofAsync(With(first, Proved), Active, Notice("domain.verified", first), None));
        Assert.False(await Store.UpdateProofAsync(With(second, Proved), Active, Notice("domain.verified", second), None));
        await Assert.ThrowsAsync<DuplicateEntryException>(() => AddAsync(Entry("example.com")));
        Assert.True(await Store.RemoveAsync(first.Domain.Id, At, Notice("domain.deleted", first), None));
        Assert.False(await Store.RemoveAsync(first.Domain.Id, At, Notice("domain.deleted", first), None));

        Assert.Equal(
            [("domain.created", first.Domain.Id), ("domain.created", second.Domain.Id), ("domain.verified", first.Domain.Id), ("domain.deleted", first.Domain.Id)],
            (await NoticesAsync()).Select(notice => (notice.Type, notice.DomainId!.Value)));
    }

    /// <summary>What was written with the changes, oldest first.</summary>
    protected abstract Task<IReadOnlyList<WebhookNotice>> NoticesAsync();

    private static WebhookNotice Notice(string type, DomainEntry entry) =>
        new() { AccountId = entry.Domain.AccountId, Type = type, At = At, DomainId = entry.Domain.Id, Data = new JsonObject { ["id"] = entry.Domain.Id } };

    private static KeyStates Active => new(DkimKeyState.Active, DkimKeyState.Active);

    private static DomainEntry With(DomainEntry entry, DomainStatus status) => entry with { Domain = entry.Domain with { Status = status } };

    private async Task<DomainEntry> AddAsync(DomainEntry entry, bool areOperators = false)
    {
        SealedDkimKey Sealed(DomainKey key, DkimAlgorithm algorithm) => new()
        {
            AccountId = entry.Domain.AccountId,
            Domain = entry.Domain.Name.Ascii,
            Selector = key.Selector,
            Algorithm = algorithm,
            State = DkimKeyState.Pending,
            SealedPrivateKey = new byte[] { 1, 2, 3 },
            PublicRecord = key.Record,
            CreatedAt = At,
            ActivatesOnSight = areOperators,
        };
        return await Store.AddAsync(entry, [Sealed(entry.RsaKey, DkimAlgorithm.RsaSha256), Sealed(entry.Ed25519Key, DkimAlgorithm.Ed25519Sha256)], added => Notice("domain.created", added), None);
    }

    private static DomainEntry Entry(string name, long account = 1, string suffix = "1") => new()
    {
        Domain = new SendingDomain
        {
            Id = 0,
            Uid = Guid.CreateVersion7(At),
            AccountId = account,
            Name = DomainName.Parse(name),
            Region = "eu",
            Status = DomainStatus.NotStarted,
            CreatedAt = At,
            UpdatedAt = At,
        },
        Token = "token" + suffix,
        RsaKey = new DomainKey("r" + suffix, "v=DKIM1; k=rsa; p=cnNh"),
        Ed25519Key = new DomainKey("e" + suffix, "v=DKIM1; k=ed25519; p=ZWQ="),
    };
}
