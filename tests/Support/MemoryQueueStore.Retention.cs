using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: what is let go, and when.</summary>
public sealed partial class MemoryQueueStore
{
    public ValueTask<bool> DeleteAsync(QueueId id, CancellationToken cancellationToken) =>
        Change(() => _messages.RemoveAll(message => message.Message.Id == id && message.FinishedAt is not null) > 0);

    public ValueTask<int> DeleteCapturedAsync(CancellationToken cancellationToken) =>
        Change(() => _messages.RemoveAll(message =>
            message is { FinishedAt: not null, HasContent: true } && message.Rows.Exists(row => row.Recipient.State == RecipientState.Captured)));

    public async ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken)
    {
        var files = new List<string>();
        var deleted = await Change(() =>
        {
            var now = time.GetUtcNow();
            var count = 0;
            foreach (var message in _messages.Where(message => message.FinishedAt is not null).ToList())
            {
                var isOld = message.FinishedAt <= now - rules.Messages;
                if (message.HasContent && (isOld || message.FinishedAt <= now - message.ContentRule(rules)))
                {
                    message.HasContent = false;
                    files.AddRange(message.Files);
                    count++;
                }

                if (isOld)
                {
                    _messages.Remove(message);
                }
            }

            return count;
        });
        foreach (var file in Spool is null ? [] : files)
        {
            await Spool!.DeleteFileAsync(file, cancellationToken);
        }

        return deleted;
    }

    public ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken) =>
        Query(() => _messages.Any(message => message.HasContent && message.Files.Contains(fileName)));
}
