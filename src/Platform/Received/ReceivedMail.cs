using System.Text;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Received;

/// <summary>A received message as it is handed over: what came in, read, and what the session said.</summary>
internal sealed class ReceivedMail
{
    private readonly ReadOnlyMemory<byte> _trace;
    private readonly ReadOnlyMemory<byte> _handed;

    private ReceivedMail(DeliveryTask task, ReadOnlyMemory<byte> content, DomainName server)
    {
        Id = task.Message.Id;
        ReceivedAt = task.Message.AcceptedAt;
        ReversePath = task.Message.ReversePath;
        Recipients = [.. task.Recipients.Select(recipient => recipient.Address)];
        ClientAddress = task.Message.ClientAddress;
        HelloName = HelloIn(task.Variant.Prefix);
        HeaderBytes = (int)task.Variant.Content.HeaderBytes;
        Content = content;
        _trace = task.Variant.Prefix;
        _handed = AuthenticationResults.WithoutClaimsOf(server, content);
        Parsed = MimeReader.Read(_handed);
    }

    public QueueId Id { get; }

    public DateTimeOffset ReceivedAt { get; }

    public ReversePath ReversePath { get; }

    public IReadOnlyList<Mailbox> Recipients { get; }

    /// <summary>Null: it was handed in on this host.</summary>
    public string? ClientAddress { get; }

    /// <summary>As the client said it; null where it is not known.</summary>
    public string? HelloName { get; }

    /// <summary>Octet for octet as it came in.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Of <see cref="Content"/>, with the blank line.</summary>
    public int HeaderBytes { get; }

    /// <summary>Without fields of others that claim to be our own verdicts.</summary>
    public MimeEntity Parsed { get; }

    /// <summary>As it is handed over: our fields on top, and none that claims to be one of them.</summary>
    /// <param name="verdict">A whole field with its CRLF.</param>
    public byte[] Raw(string verdict) => [.. Encoding.ASCII.GetBytes(verdict), .. _trace.Span, .. _handed.Span];

    /// <param name="server">Who we are: nobody else may write verdicts under this name.</param>
    /// <exception cref="SpoolException">The content cannot be read now.</exception>
    public static async ValueTask<ReceivedMail> ReadAsync(DeliveryTask task, ISpool spool, DomainName server, CancellationToken cancellationToken)
    {
        if (task.Content is { } memory)
        {
            return new ReceivedMail(task, memory, server);
        }

        var content = new byte[task.Variant.Content.SizeBytes];
        await using var stream = await spool.OpenAsync(task.Variant.Content, cancellationToken);
        try
        {
            await stream.ReadExactlyAsync(content, cancellationToken);
        }
        catch (EndOfStreamException exception)
        {
            throw new SpoolException("content is shorter than recorded", exception);
        }

        return new ReceivedMail(task, content, server);
    }

    // Our own Received stands on top: "from NAME ([address]) by ...".
    private static string? HelloIn(ReadOnlyMemory<byte> prefix) =>
        HeaderBlock.Parse(prefix).Value("Received")?.Split(' ', 3) is ["from", var name, _] && name != "unknown" ? name : null;
}
