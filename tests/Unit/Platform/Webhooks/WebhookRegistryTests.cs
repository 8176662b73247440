using Relay.Platform.Webhooks;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What stays in memory when several change webhooks at once.</summary>
public sealed class WebhookRegistryTests : IWebhookStore
{
    private readonly TaskCompletionSource _changeIsStored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _changeMayAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Webhook? Stored { get; set; } = new()
    {
        Id = 1,
        Uid = Guid.CreateVersion7(),
        AccountId = 7,
        Url = new Uri("https://hooks.example.com/"),
        SealedSecret = default,
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public async Task A_webhook_removed_while_the_answer_of_a_change_is_on_its_way_stays_removed()
    {
        using var registry = new WebhookRegistry(this);
        await registry.LoadAsync(default);
        Assert.Single(registry.Of(7));

        var change = registry.ChangeAsync(1, webhook => webhook with { Name = "late" }, default).AsTask();
        await _changeIsStored.Task;
        var removal = registry.RemoveAsync(1, default).AsTask();
        _changeMayAnswer.SetResult();
        await change;

        Assert.True(await removal);
        Assert.Null(registry.Find(1));
        Assert.Empty(registry.Of(7));
    }

    ValueTask<Webhook?> IWebhookStore.AddAsync(Webhook webhook, int maxPerAccount, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<IReadOnlyList<Webhook>> IWebhookStore.ListAsync(CancellationToken cancellationToken) =>
        new(Stored is null ? [] : [Stored]);

    async ValueTask<Webhook?> IWebhookStore.ChangeAsync(long id, Func<Webhook, Webhook?> change, CancellationToken cancellationToken)
    {
        var changed = Stored = change(Stored!);
        _changeIsStored.SetResult();
        await _changeMayAnswer.Task;
        return changed;
    }

    ValueTask<bool> IWebhookStore.RemoveAsync(long id, CancellationToken cancellationToken)
    {
        Stored = null;
        return new(true);
    }
}
