using System.Net;
using System.Net.Sockets;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay;

/// <summary><c>relay send</c>: submits one message over SMTP to the running server, as any application would.</summary>
internal static class SendCommand
{
    // Exists everywhere: a first test that bounces must not bounce a second time.
    private const string DefaultSender = "delivered@simulator.relay.test";

    public static readonly IReadOnlyList<OptionSpec> Options =
    [
        new("to", "ADDRESS", "recipient; several separated by commas"),
        new("from", "ADDRESS", "sender; default delivered@simulator.relay.test, which takes bounces"),
        new("subject", "TEXT", "default: a greeting"),
        new("body", "TEXT", "message text; - reads it from standard input"),
        new("server", "HOST:PORT", "default: the first listener of the configuration"),
    ];

    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var configuration = CommandConfiguration.Load(context);
        var recipients = (context.Invocation.Option("to") ?? throw new UsageException("'relay send' needs --to ADDRESS"))
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => ParseAddress("--to", text))
            .ToList();
        var hostname = configuration.Hostname.Ascii;
        var from = ParseAddress("--from", context.Invocation.Option("from") ?? DefaultSender);
        var content = await ComposeAsync(context, from, recipients, hostname, cancellationToken);
        var envelope = new Envelope
        {
            ReversePath = new ReversePath(from),
            Recipients = [.. recipients.Select(mailbox => new EnvelopeRecipient(mailbox))],
            SmtpUtf8 = from.NeedsSmtpUtf8 || recipients.Exists(r => r.NeedsSmtpUtf8),
            BodyType = BodyType.SevenBit,
        };
        return await SubmitAsync(context, Server(context, configuration), hostname, envelope, content, cancellationToken);
    }

    private static async Task<int> SubmitAsync(
        CommandContext context, IPEndPoint server, string hostname, Envelope envelope, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server, cancellationToken);
            await using var session = new SmtpClientSession(
                new NetworkStream(socket, ownsSocket: false), new SmtpClientOptions { EhloName = hostname }, TimeProvider.System);
            await session.GreetAsync(cancellationToken);
            var transaction = new ClientTransaction { Envelope = envelope, Prefix = default, Content = content, SizeBytes = content.Length };
            var result = await session.SendAsync(transaction, cancellationToken);
            await session.QuitAsync();
            return await ReportAsync(context, envelope, result);
        }
        catch (SocketException trouble)
        {
            await context.Error.WriteLineAsync($"relay: nothing listens on {server} ({trouble.Message}); start the server with 'relay serve' first");
            return ExitCodes.Unavailable;
        }
        catch (SmtpProtocolException trouble)
        {
            await context.Error.WriteLineAsync($"relay: {server} refused: {trouble.Message}");
            return ExitCodes.Failed;
        }
    }

    private static async Task<int> ReportAsync(CommandContext context, Envelope envelope, TransactionResult result)
    {
        var isAccepted = true;
        for (var i = 0; i < envelope.Recipients.Count; i++)
        {
            var reply = result.Recipients[i].Reply;
            isAccepted &= reply is { IsPositive: true };
            await context.Out.WriteLineAsync($"{envelope.Recipients[i].Mailbox}: {reply?.ToString() ?? result.Failure}");
        }

        return isAccepted ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async ValueTask<byte[]> ComposeAsync(
        CommandContext context, Mailbox from, List<Mailbox> recipients, string hostname, CancellationToken cancellationToken)
    {
        var body = context.Invocation.Option("body") ?? $"Sent by 'relay send' through {hostname}.\n";
        if (body == "-")
        {
            body = await context.In.ReadToEndAsync(cancellationToken);
        }

        var now = TimeProvider.System.GetUtcNow();
        var composer = new MessageComposer
        {
            From = new NamedMailbox(null, from),
            To = [.. recipients.Select(mailbox => new NamedMailbox(null, mailbox))],
            Subject = context.Invocation.Option("subject") ?? "Hello from Relay",
            Text = body,
            Date = now,
            MessageId = MessageIdField.Make(Guid.CreateVersion7(now).ToString("N"), hostname),
        };
        using var content = new MemoryStream();
        await composer.WriteAsync(content, cancellationToken);
        return content.ToArray();
    }

    private static IPEndPoint Server(CommandContext context, RelayOptions configuration)
    {
        if (context.Invocation.Option("server") is { } text)
        {
            return IPEndPoint.TryParse(text, out var server) && server.Port != 0
                ? server
                : throw new UsageException($"--server {text}: use ADDRESS:PORT, for example 127.0.0.1:2525");
        }

        var endpoint = (configuration.Listener.Values.FirstOrDefault(static l => l.Socket is null) ?? configuration.Listener.Values.First()).Endpoint;
        var address = endpoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : endpoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : endpoint.Address;
        return new IPEndPoint(address, endpoint.Port);
    }

    private static Mailbox ParseAddress(string option, string text) =>
        Mailbox.TryParse(text, out var mailbox) ? mailbox : throw new UsageException($"{option}: '{text}' is not an e-mail address");
}
