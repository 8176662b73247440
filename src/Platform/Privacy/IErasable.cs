using System.Text.Json.Nodes;

namespace Relay.Platform.Privacy;

/// <summary>Something that keeps addresses. Register implementations as singletons of this type, in the order in which they are to be asked.</summary>
public interface IErasable
{
    /// <summary>What is counted in the receipt, in camelCase: <c>messages</c>.</summary>
    string Name { get; }

    /// <summary>True for what is fed by the pump of events: it is asked when the pump has passed on what happened before.</summary>
    bool FollowsEvents { get; }

    /// <summary>Removes or replaces the address wherever it is kept, in small pieces. Doing it twice does no harm.</summary>
    /// <returns>How many entries were changed.</returns>
    ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken);

    /// <summary>Everything kept of the address, as JSON objects with a member <c>kind</c>.</summary>
    IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, CancellationToken cancellationToken);
}

/// <summary>What of the queue an erasure has to wait for.</summary>
public interface IOpenMail
{
    /// <summary>Recipients with this address that are not finished.</summary>
    ValueTask<IReadOnlyList<long>> RecipientsAsync(Erasure erasure, CancellationToken cancellationToken);

    /// <summary>The last sequence in the outbox; 0 when it is empty.</summary>
    ValueTask<long> LastEventAsync(CancellationToken cancellationToken);
}
