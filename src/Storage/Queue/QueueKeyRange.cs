namespace Relay.Storage;

/// <summary>A queue key with all its forms: a routing rule stands behind a # (<c>example.net#shop</c>), which sorts before all that domains are made of.</summary>
internal static class QueueKeyRange
{
    /// <summary>The first text behind the key and its forms; keys from the key itself up to it are meant.</summary>
    public static string End(string queueKey) => queueKey + "$";
}
