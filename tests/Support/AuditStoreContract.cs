using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every audit store promises; derive once per store.</summary>
public abstract class AuditStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected IAuditStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IAuditStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var entry = new AuditEntry
        {
            AccountId = 2,
            At = At,
            Actor = "ops",
            From = "192.0.2.4",
            Action = "queue.hold",
            Target = "example.net",
            AffectedCount = 12,
        };
        await Store.AppendAsync(entry, None);
        var found = Assert.Single(await Store.ListAsync(null, 10, None));
        Assert.True(found.Id > 0);
        Assert.Equal(entry with { Id = found.Id }, found);
    }

    [Fact]
    public async Task Lists_newest_first_in_pages()
    {
        for (var i = 0; i < 3; i++)
        {
            await Store.AppendAsync(new AuditEntry { At = At, Actor = "cli", Action = "act." + i }, None);
        }

        var first = await Store.ListAsync(null, 2, None);
        Assert.Equal(["act.2", "act.1"], first.Select(entry => entry.Action));
        Assert.Equal("act.0", Assert.Single(await Store.ListAsync(first[^1].Id, 2, None)).Action);
    }
}
