using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>How clients write the ids of webhooks, deliveries and events: as they write those of e-mails.</summary>
internal static class PublicId
{
    public static string Text(Guid uid) => new QueueId(uid).ToString();

    public static Guid? Parse(string text) => QueueId.TryParse(text, out var id) ? id.Value : null;
}
