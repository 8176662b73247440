using System.Globalization;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
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

    private async Task AddFailedAsync(int first, int count)
    {
        foreach (var number in Enumerable.Range(first, count))
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
                    Status = DomainStatus.Failed,
                    CreatedAt = _world.Time.GetUtcNow(),
                    UpdatedAt = _world.Time.GetUtcNow(),
                },
                Token = name.Ascii,
                RsaKey = new DomainKey("r" + number, "v=DKIM1; k=rsa; p=cnNh"),
                Ed25519Key = new DomainKey("e" + number, "v=DKIM1; k=ed25519; p=ZWQ="),
                VerificationError = "the record is gone",
            };
            await _world.Domains.AddAsync(entry, [], _ => new WebhookNotice { AccountId = 1, Type = "domain.created", At = _world.Time.GetUtcNow(), Data = [] }, CancellationToken.None);
        }
    }
}
