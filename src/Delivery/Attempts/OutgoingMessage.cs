using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>A message in one body form, as it goes to a peer.</summary>
/// <param name="BodyType">What the content really needs, whatever the sender declared.</param>
/// <param name="Prefix">Signatures and trace fields.</param>
/// <param name="ToStore">The signature, when it was made now.</param>
internal sealed record OutgoingMessage(TaskContent Content, BodyType BodyType, ReadOnlyMemory<byte> Prefix, VariantSignature? ToStore)
{
    public long SizeBytes => Prefix.Length + Content.SizeBytes;

    public static OutgoingMessage Of(DeliveryTask task, TaskContent content, BodyType bodyType, SigningResult signing) =>
        new(content, bodyType, Join(signing.Fields, task.Variant.Prefix), signing.ToStore);

    /// <summary>True when a peer with these extensions takes it as it is.</summary>
    public bool Suits(Smtp.Client.PeerExtensions peer) => BodyType switch
    {
        BodyType.EightBitMime => peer.EightBitMime,
        BodyType.BinaryMime => peer is { BinaryMime: true, Chunking: true },
        _ => true,
    };

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (first.IsEmpty)
        {
            return second;
        }

        var joined = new byte[first.Length + second.Length];
        first.CopyTo(joined);
        second.CopyTo(joined.AsMemory(first.Length));
        return joined;
    }
}
