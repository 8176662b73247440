using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EmailQuotaTests
{
    private static readonly DomainName Domain = DomainName.Parse("example.com");

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 12, 50, 0, TimeSpan.Zero));
    private readonly MemoryEmailCountStore _counts = new();
    private readonly AccountService _accounts;
    private SendLimits _domainLimits = SendLimits.Default;

    public EmailQuotaTests() => _accounts = new AccountService(new MemoryAccountStore(), new MemoryAuditStore(), _time);

    [Fact]
    public async Task An_account_has_its_e_mails_per_hour_and_then_the_next_hour()
    {
        var quota = Quota(perHour: 10);

        Assert.Null(await TakeAsync(quota, 7));
        var fault = await TakeAsync(quota, 4);
        Assert.Equal((429, "RATE_LIMITED", "the account may send 10 e-mails per hour; 3 are left"), (fault!.Status, fault.Code, fault.Message));
        Assert.Equal(TimeSpan.FromMinutes(10), fault.RetryAfter);
        Assert.Equal(("\"account-emails\";q=10;w=3600", "\"account-emails\";r=3;t=600"), (fault.Headers!["RateLimit-Policy"], fault.Headers["RateLimit"]));
        Assert.Null(await TakeAsync(quota, 3));
        Assert.NotNull(await TakeAsync(quota, 1));

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(await TakeAsync(quota, 10));
    }

    [Fact]
    public async Task The_day_counts_on_when_the_hour_is_over()
    {
        var quota = Quota(perHour: 10, perDay: 15);

        Assert.Null(await TakeAsync(quota, 10));
        _time.Advance(TimeSpan.FromHours(1));
        var fault = await TakeAsync(quota, 6);
        Assert.Equal("the account may send 15 e-mails per day; 5 are left", fault!.Message);
        Assert.Equal(TimeSpan.FromMinutes(10 * 61), fault.RetryAfter);
        Assert.Null(await TakeAsync(quota, 5));
        _time.Advance(TimeSpan.FromHours(12));
        Assert.Null(await TakeAsync(quota, 10));
    }

    [Fact]
    public async Task What_was_refunded_can_be_taken_again_and_is_never_more()
    {
        var quota = Quota(perHour: 5);
        await TakeAsync(quota, 5);

        await quota.RefundAsync(Caller(), [new(null, 2)], default);
        Assert.NotNull(await TakeAsync(quota, 3));
        Assert.Null(await TakeAsync(quota, 2));

        await quota.RefundAsync(Caller(), [new(null, 100)], default);
        Assert.NotNull(await TakeAsync(quota, 6));
        Assert.Null(await TakeAsync(quota, 5));
    }

    [Fact]
    public async Task Key_and_domain_have_limits_of_their_own_and_all_is_taken_or_nothing()
    {
        _domainLimits = new SendLimits { EmailsPerHour = 4 };
        var quota = Quota(perHour: 100);
        var tight = Caller(id: 7, limits: new SendLimits { EmailsPerDay = 3 });

        Assert.Equal("4 e-mails at once can never go: the key may send 3 e-mails per day; send fewer at once", (await quota.TryTakeAsync(tight, [new(Domain, 4)], default))!.Message);
        Assert.Null(await quota.TryTakeAsync(tight, [new(Domain, 3)], default));
        Assert.Equal("the domain may send 4 e-mails per hour; 1 is left", (await quota.TryTakeAsync(Caller(), [new(Domain, 2)], default))!.Message);
        Assert.Null(await quota.TryTakeAsync(Caller(), [new(DomainName.Parse("elsewhere.test"), 90)], default));
        await quota.FlushAsync(default);

        Assert.Equal(
            [(QuotaScope.Account, 1L, 93L), (QuotaScope.Key, 5L, 90L), (QuotaScope.Key, 7L, 3L), (QuotaScope.Domain, 77L, 3L)],
            _counts.All.Select(count => (count.Subject.Scope, count.Subject.Id, count.HourCount)).Order());
    }

    [Fact]
    public async Task Recipients_are_counted_beside_e_mails()
    {
        var quota = Quota();
        var caller = Caller(id: 7, limits: new SendLimits { RecipientsPerHour = 10, RecipientsPerDay = 12 });

        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 7))], default));
        var fault = await quota.TryTakeAsync(caller, [new(null, new(1, 4))], default);
        Assert.Equal("the key may send 10 recipients per hour; 3 are left", fault!.Message);
        Assert.Equal((TimeSpan.FromMinutes(10), "\"key-recipients\";q=10;w=3600"), (fault.RetryAfter!.Value, fault.Headers!["RateLimit-Policy"]));
        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 3))], default));

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("the key may send 12 recipients per day; 2 are left", (await quota.TryTakeAsync(caller, [new(null, new(1, 3))], default))!.Message);
        await quota.RefundAsync(caller, [new(null, new(1, 3))], default);
        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 5))], default));
    }

    [Theory]
    [InlineData(true, "account")]
    [InlineData(false, "domain")]
    public async Task Recipients_of_account_and_domain_are_limited_as_those_of_a_key(bool isOfAccount, string name)
    {
        var limits = new SendLimits { EmailsPerSecond = 1, RecipientsPerSecond = 4, RecipientsPerHour = 10, RecipientsPerDay = 12 };
        if (isOfAccount)
        {
            await _accounts.LimitAsync("default", _ => limits, AuditActor.Cli, default);
        }
        else
        {
            _domainLimits = limits;
        }

        var quota = Quota();
        async Task<string?> SendAsync(int recipients) => (await quota.TryTakeAsync(Caller(), [new(Domain, new(1, recipients))], default))?.Message;

        Assert.Null(await SendAsync(8));
        Assert.Equal($"the {name} may send 1 e-mail per second; 0 are left", await SendAsync(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal($"the {name} may send 4 recipients per second; 0 are left", await SendAsync(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal($"the {name} may send 10 recipients per hour; 2 are left", await SendAsync(3));
        Assert.Equal($"the {name} may send 10 recipients per hour; 2 are left", (await quota.LookAsync(Caller(), new(Domain, new(1, 3)), default))!.Message);
        Assert.Null(await SendAsync(2));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal($"the {name} may send 12 recipients per day; 2 are left", await SendAsync(3));
    }

    [Fact]
    public async Task The_configuration_limits_recipients_of_accounts_that_have_no_limit_of_their_own()
    {
        var quota = new EmailQuota(
            _counts, _accounts, new OneDomain(() => _domainLimits), DomainWorld.Options with { RecipientsPerHour = 5, RecipientsPerDay = 8 }, _time);

        Assert.Null(await quota.TryTakeAsync(Caller(), [new(null, new(1, 5))], default));
        Assert.Equal("the account may send 5 recipients per hour; 0 are left", (await quota.TryTakeAsync(Caller(), [new(null, new(1, 1))], default))!.Message);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("the account may send 8 recipients per day; 3 are left", (await quota.TryTakeAsync(Caller(), [new(null, new(1, 4))], default))!.Message);
        await _accounts.LimitAsync("default", _ => new SendLimits { RecipientsPerHour = 0, RecipientsPerDay = 0 }, AuditActor.Cli, default);
        Assert.Null(await quota.TryTakeAsync(Caller(), [new(null, new(1, 1000))], default));
    }

    [Fact]
    public async Task More_than_a_whole_hour_or_day_allows_is_refused_for_good()
    {
        var quota = Quota(perHour: 20);
        var caller = Caller(id: 7, limits: new SendLimits { RecipientsPerHour = 10, RecipientsPerDay = 12 });

        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 9))], default));
        var fault = await quota.TryTakeAsync(caller, [new(null, new(1, 11))], default);
        Assert.Equal((422, null), (fault!.Status, fault.RetryAfter));
        Assert.Equal("11 recipients at once can never go: the key may send 10 recipients per hour; send fewer at once", fault.Message);
        Assert.Equal("21 e-mails at once can never go: the account may send 20 e-mails per hour; send fewer at once", (await TakeAsync(quota, 21))!.Message);
        Assert.Equal(429, (await quota.TryTakeAsync(caller, [new(null, new(1, 2))], default))!.Status);
    }

    [Fact]
    public async Task A_batch_from_several_domains_is_judged_as_one()
    {
        _domainLimits = new SendLimits { RecipientsPerDay = 3 };
        var quota = Quota();
        var caller = Caller(id: 7, limits: new SendLimits { EmailsPerSecond = 2 });
        IReadOnlyList<QuotaPart> parts = [new(null, 4), new(Domain, 3)];

        Assert.NotNull(await quota.TryTakeAsync(caller, [new(null, 4), new(Domain, 4)], default));
        Assert.Null(await quota.TryTakeAsync(caller, parts, default));
        await quota.RefundAsync(caller, parts, default);
        Assert.Null(await quota.TryTakeAsync(caller, parts, default));
        Assert.NotNull(await quota.TryTakeAsync(caller, [new(null, 1)], default));
    }

    [Fact]
    public async Task Recipients_outlast_a_restart()
    {
        var caller = Caller(id: 7, limits: new SendLimits { RecipientsPerDay = 10 });
        var before = Quota();
        await before.TryTakeAsync(caller, [new(null, new(1, 8))], default);
        await before.FlushAsync(default);

        Assert.NotNull(await Quota().TryTakeAsync(caller, [new(null, new(1, 3))], default));
    }

    [Fact]
    public async Task By_the_second_what_is_too_much_at_once_goes_and_is_made_up_for()
    {
        var quota = Quota();
        var caller = Caller(id: 7, limits: new SendLimits { EmailsPerSecond = 2, RecipientsPerSecond = 10 });

        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 1))], default));
        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 50))], default));
        var fault = await quota.TryTakeAsync(caller, [new(null, new(1, 1))], default);
        Assert.Equal(("the key may send 2 e-mails per second; 0 are left", TimeSpan.FromSeconds(1)), (fault!.Message, fault.RetryAfter!.Value));

        _time.Advance(TimeSpan.FromSeconds(1));
        fault = await quota.TryTakeAsync(caller, [new(null, new(1, 1))], default);
        Assert.Equal(("the key may send 10 recipients per second; 0 are left", TimeSpan.FromSeconds(4)), (fault!.Message, fault.RetryAfter!.Value));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 1))], default));
    }

    [Fact]
    public async Task A_look_takes_nothing()
    {
        var quota = Quota();
        var caller = Caller(id: 7, limits: new SendLimits { RecipientsPerDay = 3 });

        Assert.Null(await quota.LookAsync(caller, new(null, new(1, 3)), default));
        Assert.Null(await quota.LookAsync(caller, new(null, new(1, 3)), default));
        Assert.NotNull(await quota.LookAsync(caller, new(null, new(1, 4)), default));
        Assert.Null(await quota.TryTakeAsync(caller, [new(null, new(1, 3))], default));
        Assert.NotNull(await quota.LookAsync(caller, new(null, new(1, 1)), default));
    }

    [Fact]
    public async Task An_accounts_own_limit_goes_before_the_configured_one_and_knows_what_was_sent_before()
    {
        var quota = Quota(perHour: 5);
        await TakeAsync(quota, 5);
        Assert.NotNull(await TakeAsync(quota, 1));

        await _accounts.LimitAsync("default", _ => new SendLimits { EmailsPerHour = 6 }, AuditActor.Cli, default);
        Assert.Null(await TakeAsync(quota, 1));
        Assert.NotNull(await TakeAsync(quota, 1));
        await _accounts.LimitAsync("default", _ => new SendLimits { EmailsPerHour = 0 }, AuditActor.Cli, default);
        Assert.Null(await TakeAsync(quota, 1000));
    }

    [Fact]
    public async Task A_restart_forgives_nothing()
    {
        var before = Quota(perDay: 10);
        await TakeAsync(before, 8);
        await before.FlushAsync(default);

        var after = Quota(perDay: 10);
        Assert.NotNull(await TakeAsync(after, 3));
        Assert.Null(await TakeAsync(after, 2));
    }

    [Fact]
    public async Task Counts_that_could_not_be_written_are_written_later()
    {
        var quota = Quota();
        await TakeAsync(quota, 8);
        _counts.NextFailure = new StoreUnavailableException("full");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await quota.FlushAsync(default));
        await quota.FlushAsync(default);

        Assert.Contains(_counts.All, count => count.Subject.Scope == QuotaScope.Account && count.DayCount == 8);
    }

    [Fact]
    public async Task A_counter_long_unused_leaves_memory_and_its_count_stays()
    {
        var quota = Quota(perDay: 10);
        await TakeAsync(quota, 8);
        await quota.FlushAsync(default);
        _time.Advance(TimeSpan.FromHours(3));
        await quota.FlushAsync(default);

        Assert.NotNull(await TakeAsync(quota, 3));
    }

    [Fact]
    public async Task Accounts_do_not_use_up_each_others_e_mails()
    {
        var quota = Quota(perHour: 5);
        await TakeAsync(quota, 5);

        Assert.Null(await quota.TryTakeAsync(Caller(account: 2, id: 9), [new(null, 5)], default));
    }

    private EmailQuota Quota(int perHour = 0, int perDay = 0) => new(
        _counts, _accounts, new OneDomain(() => _domainLimits), DomainWorld.Options with { EmailsPerHour = perHour, EmailsPerDay = perDay }, _time);

    private static ValueTask<ApiFault?> TakeAsync(EmailQuota quota, int emails) => quota.TryTakeAsync(Caller(), [new(null, emails)], default);

    private static ApiCaller Caller(long account = 1, long id = 5, SendLimits? limits = null) => new(
        new Credential { Id = id, AccountId = account, Kind = CredentialKind.ApiKey, Name = "key", Verifier = "", Scopes = "full", Limits = limits ?? SendLimits.Default, CreatedAt = default },
        "192.0.2.1");

    private sealed class OneDomain(Func<SendLimits> limits) : ISenderDomains
    {
        public ValueTask<SendingDomain?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) => ValueTask.FromResult(
            name.Equals(Domain)
                ? new SendingDomain
                {
                    Id = 77,
                    Uid = default,
                    AccountId = accountId,
                    Name = name,
                    Region = "eu",
                    Status = DomainStatus.Success,
                    Limits = limits(),
                    CreatedAt = default,
                    UpdatedAt = default,
                }
                : null);
    }
}
