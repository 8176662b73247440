using System.Globalization;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What one look at the server finds.</summary>
public sealed class AlertConditionsTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_configuration_that_was_refused_is_told_until_one_is_taken()
    {
        var conditions = _world.Conditions();
        Assert.DoesNotContain(await conditions.LookAsync(CancellationToken.None), condition => condition.Name == "configuration");

        _world.Faults.Add("queue.window: a number is expected");
        var found = Assert.Single(await conditions.LookAsync(CancellationToken.None), condition => condition.Name == "configuration");
        Assert.Contains("queue.window", found.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Domains_in_trouble_are_named_up_to_a_bound()
    {
        await AddFailedAsync(0, 100);
        var found = await _world.Conditions().LookAsync(CancellationToken.None);
        Assert.Equal(100, found.Count(condition => condition.Name.StartsWith("domain:", StringComparison.Ordinal)));
        Assert.DoesNotContain(found, condition => condition.Name == "domains");

        await AddFailedAsync(100, 5);
        found = await _world.Conditions().LookAsync(CancellationToken.None);
        Assert.Equal(100, found.Count(condition => condition.Name.StartsWith("domain:", StringComparison.Ordinal)));
        Assert.Contains("more than 100", Assert.Single(found, condition => condition.Name == "domains").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_was_in_order_is_told_when_it_is_so_no_more()
    {
        var good = new DateTimeOffset(2026, 11, 29, 3, 4, 5, TimeSpan.Zero);
        var advice = new RecordAdvice("tls-rpt", AdviceState.Wrong, "TXT _smtp._tls.d0.test: it has no rua=", "replace it") { GoodAt = good, DriftSince = good.AddDays(1) };
        await AddAsync(0, entry => entry with { Advice = [advice, advice with { Check = "mx", DriftSince = null }] });
        await AddAsync(1, entry => entry with { FailingSince = good, VerificationError = "TXT _relay-challenge.d1.test: there is no such record" });

        var found = await _world.Conditions().LookAsync(CancellationToken.None);

        Assert.Equal(
            "d0.test: tls-rpt was in order until 2026-11-29 03:04 UTC, now TXT _smtp._tls.d0.test: it has no rua=; replace it ('relay domain verify d0.test' shows what to publish, and looks again)",
            Assert.Single(found, condition => condition.Name.StartsWith("record:", StringComparison.Ordinal)).Text);
        Assert.Equal(
            "d1.test: TXT _relay-challenge.d1.test: there is no such record; unless that is mended it may not send any more from 2026-12-02 03:04 UTC on",
            Assert.Single(found, condition => condition.Name == "domain:d1.test").Text);
    }

    [Fact]
    public async Task Block_lists_that_are_configured_anew_are_asked_at_once()
    {
        _world.Zone.Address("2.0.0.127.list.example", "127.0.0.2").Address("9.2.0.192.list.example", "127.0.0.2");
        var conditions = _world.Conditions();
        Assert.DoesNotContain(await conditions.LookAsync(CancellationToken.None), condition => condition.Name.StartsWith("listed:", StringComparison.Ordinal));

        _world.Alerts = _world.Alerts with { BlockLists = ["list.example"], Addresses = [System.Net.IPAddress.Parse("192.0.2.9")] };
        Assert.Contains(await conditions.LookAsync(CancellationToken.None), condition => condition.Name == "listed:list.example:192.0.2.9");

        _world.Alerts = _world.Alerts with { BlockLists = [] };
        Assert.DoesNotContain(await conditions.LookAsync(CancellationToken.None), condition => condition.Name.StartsWith("listed:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_age_of_mail_that_is_told_may_change_meanwhile()
    {
        await _world.EnqueueAsync("a@example.net");
        _world.Time.Advance(TimeSpan.FromMinutes(30));
        var conditions = _world.Conditions();
        Assert.DoesNotContain(await conditions.LookAsync(CancellationToken.None), condition => condition.Name == "queue-age");

        _world.Alerts = _world.Alerts with { QueueAge = TimeSpan.FromMinutes(10) };

        Assert.StartsWith("1 recipient has waited longer than 10 minutes", Assert.Single(await conditions.LookAsync(CancellationToken.None), condition => condition.Name == "queue-age").Text, StringComparison.Ordinal);
    }

    private async Task AddFailedAsync(int first, int count)
    {
        foreach (var number in Enumerable.Range(first, count))
        {
            await AddAsync(number, entry => entry with { Domain = entry.Domain with { Status = DomainStatus.Failed }, VerificationError = "the record is gone" });
        }
    }

    private async Task AddAsync(int number, Func<DomainEntry, DomainEntry> change)
    {
        var name = DomainName.Parse(string.Create(CultureInfo.InvariantCulture, $"d{number}.test"));
        var entry = new DomainEntry
        {
            Domain = new SendingDomain
            {
                Id = 0,
                Uid = Guid.CreateVersion7(_world.Time.GetUtcNow()),
                AccountId = 1,
                Name = name,
                Region = "here",
                Status = DomainStatus.Success,
                CreatedAt = _world.Time.GetUtcNow(),
                UpdatedAt = _world.Time.GetUtcNow(),
            },
            Token = name.Ascii,
            RsaKey = new DomainKey("r" + number, "v=DKIM1; k=rsa; p=cnNh"),
            Ed25519Key = new DomainKey("e" + number, "v=DKIM1; k=ed25519; p=ZWQ="),
        };
        await _world.Domains.AddAsync(
            change(entry), [], _ => new WebhookNotice { AccountId = 1, Type = "domain.created", At = _world.Time.GetUtcNow(), Data = [] }, CancellationToken.None);
    }
}
