using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DomainJudgementTests
{
    private static readonly DateTimeOffset Created = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RecordFinding Absent = new(Finding.Absent, "absent");
    private static readonly RecordFinding Other = new(Finding.Other, "other");
    private static readonly RecordFinding Unknown = new(Finding.Unknown, "unknown");
    private static readonly RecordFinding Found = RecordFinding.Found;

    [Theory]
    [InlineData(Finding.Found, 0, DomainStatus.Success)]
    [InlineData(Finding.Other, 0, DomainStatus.Failed)]
    [InlineData(Finding.Unknown, 0, DomainStatus.TemporaryFailure)]
    [InlineData(Finding.Absent, 0, DomainStatus.Pending)]
    [InlineData(Finding.Absent, 71, DomainStatus.Pending)]
    [InlineData(Finding.Absent, 72, DomainStatus.Failed)]
    [InlineData(Finding.Unknown, 100, DomainStatus.TemporaryFailure)]
    public void A_record_is_judged_by_what_was_found_and_by_age(Finding finding, int hours, DomainStatus status)
    {
        var found = new DomainFindings(Found, Found, Found, new RecordFinding(finding, "x"), Found, Found, null);

        var judged = DomainJudgement.Apply(Entry(), found, false, Created.AddHours(hours)).Entry;

        Assert.Equal(status, judged.Records.ReturnPath);
        Assert.Equal(DomainStatus.NotStarted, judged.Records.Tracking);
        Assert.True(judged.Domain.IsVerified);
    }

    [Fact]
    public void The_worst_certain_record_makes_the_status()
    {
        Assert.Equal(DomainStatus.Pending, StatusOf(Absent, Found));
        Assert.Equal(DomainStatus.Pending, StatusOf(Found, Absent));
        Assert.Equal(DomainStatus.TemporaryFailure, StatusOf(Absent, Unknown));
        Assert.Equal(DomainStatus.Failed, StatusOf(Other, Unknown));
        Assert.Equal(DomainStatus.Success, StatusOf(Found, Found));

        static DomainStatus StatusOf(RecordFinding ownership, RecordFinding rsa) =>
            DomainJudgement.Apply(Entry(), Findings(ownership, rsa), false, Created).Entry.Domain.Status;
    }

    [Fact]
    public void The_reason_names_what_is_missing_and_goes_with_the_proof()
    {
        var missing = DomainJudgement.Apply(Entry(), Findings(Absent, Unknown), false, Created).Entry;

        Assert.Equal("absent; unknown", missing.VerificationError);
        Assert.Null(DomainJudgement.Apply(missing, Findings(Found, Found), false, Created).Entry.VerificationError);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 1)]
    [InlineData(100, 10)]
    [InlineData(600, 60)]
    [InlineData(4000, 60)]
    [InlineData(4320, 360)]
    public void A_domain_not_proved_is_looked_at_ever_more_rarely(int ageMinutes, int nextMinutes)
    {
        var now = Created.AddMinutes(ageMinutes);

        Assert.Equal(now.AddMinutes(nextMinutes), DomainJudgement.Apply(Entry(), Findings(Absent, Absent), false, now).Entry.NextCheckAt);
    }

    [Fact]
    public void After_thirty_days_only_when_asked() =>
        Assert.Null(DomainJudgement.Apply(Entry(), Findings(Absent, Absent), false, Created.AddDays(30)).Entry.NextCheckAt);

    [Fact]
    public void A_proved_domain_is_taken_back_after_three_certain_failures_over_three_days()
    {
        var entry = Proved();
        var now = Created.AddDays(10);

        (entry, var keys) = DomainJudgement.Apply(entry, Findings(Absent, Found), false, now);
        Assert.True(entry.Domain.IsVerified);
        Assert.Equal((1, now, now.AddHours(6)), (entry.Failures, entry.FailingSince, entry.NextCheckAt));
        Assert.Equal(new KeyStates(DkimKeyState.Active, DkimKeyState.Active), keys);

        entry = DomainJudgement.Apply(entry, Findings(Absent, Other), false, now.AddHours(71)).Entry;
        entry = DomainJudgement.Apply(entry, Findings(Absent, Other), false, now.AddHours(71.9)).Entry;
        Assert.True(entry.Domain.IsVerified);
        Assert.NotNull(entry.VerificationError);

        (entry, keys) = DomainJudgement.Apply(entry, Findings(Absent, Other), false, now.AddHours(72));
        Assert.Equal(DomainStatus.Failed, entry.Domain.Status);
        Assert.Equal(new KeyStates(DkimKeyState.Pending, DkimKeyState.Pending), keys);
        Assert.Equal(now.AddHours(72 + 6), entry.NextCheckAt);

        entry = DomainJudgement.Apply(entry, Findings(Found, Found), false, now.AddHours(80)).Entry;
        Assert.True(entry is { Domain.IsVerified: true, FailingSince: null, Failures: 0 });
    }

    [Fact]
    public void Two_failures_are_not_enough_however_long_and_one_success_clears_them()
    {
        var now = Created.AddDays(10);
        var entry = DomainJudgement.Apply(Proved(), Findings(Other, Found), false, now).Entry;
        entry = DomainJudgement.Apply(entry, Findings(Other, Found), false, now.AddDays(20)).Entry;
        Assert.True(entry.Domain.IsVerified);

        entry = DomainJudgement.Apply(entry, Findings(Found, Found), false, now.AddDays(21)).Entry;

        Assert.True(entry is { FailingSince: null, Failures: 0, VerificationError: null });
        Assert.Equal(now.AddDays(22), entry.NextCheckAt);
    }

    [Fact]
    public void No_answer_never_takes_a_domain_back()
    {
        var entry = Proved();
        for (var day = 1; day < 30; day++)
        {
            entry = DomainJudgement.Apply(entry, Findings(Unknown, Unknown), false, Created.AddDays(day)).Entry;
        }

        Assert.True(entry is { Domain.IsVerified: true, Failures: 0, FailingSince: null });
        Assert.Equal(DomainStatus.TemporaryFailure, entry.Records.Rsa);
    }

    [Fact]
    public void A_name_held_elsewhere_is_not_proved_by_records()
    {
        var (entry, keys) = DomainJudgement.Apply(Entry(), Findings(Found, Found), true, Created);

        Assert.Equal(DomainStatus.Failed, entry.Domain.Status);
        Assert.Contains("another account", entry.VerificationError, StringComparison.Ordinal);
        Assert.Equal(new KeyStates(DkimKeyState.Pending, DkimKeyState.Pending), keys);
    }

    [Fact]
    public void The_operators_word_outlasts_dns_and_keys_still_wait_for_their_records()
    {
        var (entry, keys) = DomainJudgement.Apply(Entry() with { IsTrusted = true }, Findings(Absent, Absent), false, Created.AddDays(100));
        Assert.True(entry is { Domain.IsVerified: true, VerificationError: null });
        Assert.False(keys.ChangesAny && keys.Rsa is not null);

        (_, keys) = DomainJudgement.Apply(entry, Findings(Absent, Found), false, Created.AddDays(101));
        Assert.Equal(DkimKeyState.Active, keys.Rsa);
    }

    [Fact]
    public void A_key_that_was_retired_takes_no_proof_back_and_gives_none()
    {
        var noKey = new RecordFinding(Finding.NoKey, "no key");
        var entry = DomainJudgement.Apply(Proved(), Findings(Found, Absent), false, Created).Entry;
        Assert.NotNull(entry.FailingSince);
        for (var day = 1; day < 10; day++)
        {
            entry = DomainJudgement.Apply(entry, Findings(Found, noKey), false, Created.AddDays(day)).Entry;
        }

        Assert.True(entry is { Domain.IsVerified: true, VerificationError: "no key", FailingSince: null, Records.Rsa: DomainStatus.Failed });
        Assert.False(DomainJudgement.Apply(Entry(), Findings(Found, noKey), false, Created).Entry.Domain.IsVerified);
        Assert.Equal("no key", DomainJudgement.Apply(Entry() with { IsTrusted = true }, Findings(Absent, noKey), false, Created).Entry.VerificationError);
    }

    private static DomainFindings Findings(RecordFinding ownership, RecordFinding rsa) => new(ownership, rsa, Found, Found, Found, Found, null);

    private static DomainEntry Proved() => DomainJudgement.Apply(Entry(), Findings(Found, Found), false, Created).Entry;

    private static DomainEntry Entry() => new()
    {
        Domain = new SendingDomain
        {
            Id = 1,
            Uid = Guid.NewGuid(),
            AccountId = 1,
            Name = DomainName.Parse("example.com"),
            Region = "eu",
            Status = DomainStatus.NotStarted,
            CreatedAt = Created,
            UpdatedAt = Created,
        },
        Token = "token",
        RsaKey = new DomainKey("r1", "v=DKIM1; k=rsa; p=cnNh"),
        Ed25519Key = new DomainKey("e1", "v=DKIM1; k=ed25519; p=ZWQ="),
    };
}
