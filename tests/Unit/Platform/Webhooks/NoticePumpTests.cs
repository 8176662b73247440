using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>From the change of a domain to the queues of webhooks.</summary>
public sealed class NoticePumpTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly CollectingPublisher _publisher = new();

    public NoticePumpTests() => _stores = new TemporaryStores(_time);

    public async Task InitializeAsync() => await _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task A_notice_waits_for_an_unwell_store_and_outlives_a_restart()
    {
        await AddAsync("one.example");
        _publisher.IsUnwell = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Pump().PumpAsync(None).AsTask());

        await _stores.ReopenAsync();
        await AddAsync("two.example");
        _publisher.IsUnwell = false;
        await Pump().PumpAsync(None);
        await Pump().PumpAsync(None);

        Assert.Equal(["one.example", "two.example"], _publisher.Notices.Select(notice => notice.Domain));
        Assert.All(_publisher.Notices, notice => Assert.NotNull(notice.Uid));
        Assert.Equal("one.example", (string?)_publisher.Notices[0].Data["name"]);
    }

    [Fact]
    public async Task It_hears_of_new_notices_and_tries_again_by_itself()
    {
        _publisher.IsUnwell = true;
        using var pump = Pump();
        await pump.StartAsync(None);
        await AddAsync("one.example");
        _publisher.IsUnwell = false;

        await Poll.UntilAsync("the notice is told", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(_publisher.Notices.Count == 1);
        });
        await pump.StopAsync(None);
    }

    private NoticePump Pump() => new(_stores.Stores.Notices, _publisher, _time, NullLogger<NoticePump>.Instance);

    private async Task AddAsync(string name) => await _stores.Stores.Domains.AddAsync(
        new DomainEntry
        {
            Domain = new SendingDomain
            {
                Id = 0,
                Uid = Guid.CreateVersion7(),
                AccountId = 1,
                Name = DomainName.Parse(name),
                Region = "local",
                Status = DomainStatus.NotStarted,
                CreatedAt = _time.GetUtcNow(),
                UpdatedAt = _time.GetUtcNow(),
            },
            Token = "t",
            RsaKey = new DomainKey("r", "v=DKIM1"),
            Ed25519Key = new DomainKey("e", "v=DKIM1"),
        },
        Array.Empty<SealedDkimKey>(),
        added => new WebhookNotice
        {
            Uid = Guid.CreateVersion7(),
            AccountId = 1,
            Type = "domain.created",
            At = _time.GetUtcNow(),
            Domain = added.Domain.Name.Ascii,
            DomainId = added.Domain.Id,
            Data = new JsonObject { ["name"] = added.Domain.Name.Ascii },
        },
        None);
}
