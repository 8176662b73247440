using System.Net;
using System.Net.Sockets;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay;

/// <summary><c>sendmail</c> for cron, PHP and monitoring tools: hands one message to the running server, or keeps it in the maildrop.</summary>
/// <remarks>
/// 1. Arguments and message are read and made whole. 2. The first listener is asked, its Unix socket before any port. 3. What it refuses for
/// good ends with an exit code after sysexits; what it cannot take now, or when nobody answers, goes to the maildrop, and the server takes it from there.
/// </remarks>
internal sealed class SendmailCommand(RelayOptions options, string file, TextWriter error)
{
    private const string Usual = "/etc/relay/relay.toml";

    /// <summary>Beside the configuration, for users who may not read that.</summary>
    internal const string FileForEverybody = "sendmail.toml";

    private const string ForEverybody = "/etc/relay/" + FileForEverybody;
    private const int DataError = 65;
    private const int NoUser = 67;
    private const int TryLater = 75;

    // Cron waits for its programs: a server that does not answer soon is treated as one that is not there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Containers run programs under numbers that have no name.
    private static string UserName => Environment.UserName is { Length: > 0 } name ? name : $"uid{FileOwner.Ourselves}";

    /// <summary>The arguments of sendmail where the program's name, that of a link, says that it is meant as sendmail or mailq; else null.</summary>
    public static IReadOnlyList<string>? ArgumentsOf(string program, IReadOnlyList<string> args) => Path.GetFileName(program) switch
    {
        "sendmail" or "sendmail.exe" => args,
        "mailq" or "mailq.exe" => ["-bp", .. args],
        _ => null,
    };

    /// <exception cref="UsageException">The arguments or the message are not usable.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Stream input, Stream output, TextWriter error)
    {
        var arguments = SendmailArguments.Parse(args);
        if (arguments.OnlyRunsQueue)
        {
            return ExitCodes.Ok;
        }

        var file = arguments.ConfigFile ?? DefaultConfigFile(Environment.GetEnvironmentVariable("RELAY_CONFIG"), IsReadable);
        if (arguments.ListsQueue)
        {
            return await ListAsync(file, output, error);
        }

        var result = ConfigurationLoader.Load(ConfigurationInput.OfProcess(file));
        if (result.Options is not { } options)
        {
            return await ExplainAsync(file ?? ConfigurationInput.DefaultFile, error);
        }

        var command = new SendmailCommand(options, file ?? ConfigurationInput.DefaultFile, error);
        return arguments.SpeaksSmtp ? await command.PassThroughAsync(input, output) : await command.SendAsync(arguments, input);
    }

    // Nothing is wrong with the message: its program shall come again when an operator has opened the way.
    private static async Task<int> ExplainAsync(string file, TextWriter error)
    {
        if (IsReadable(file) == false)
        {
            await error.WriteLineAsync(
                $"sendmail: {file} cannot be read by {UserName}: {ForEverybody}, readable for everybody, may tell hostname, listener and [local] maildrop instead");
            return TryLater;
        }

        await error.WriteLineAsync("sendmail: the configuration has faults; 'relay check' names them");
        return ExitCodes.Configuration;
    }

    /// <summary>
    /// A program that calls sendmail says nothing of configuration files: the usual place, then the usual rules of <c>relay</c>. Where secrets
    /// keep the file from users, one beside it tells them listener and maildrop.
    /// </summary>
    /// <param name="isReadable">Null: there is no such file.</param>
    internal static string? DefaultConfigFile(string? named, Func<string, bool?> isReadable) =>
        named is { Length: > 0 } ? named
        : isReadable(Usual) == true ? Usual
        : isReadable(ForEverybody) == true ? ForEverybody
        : isReadable(Usual) is null ? null : Usual;

    private static bool? IsReadable(string file)
    {
        try
        {
            using var opened = File.OpenRead(file);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Who may not read the configuration itself may not see whose mail waits either.
    private static async Task<int> ListAsync(string? file, Stream output, TextWriter error)
    {
        if (file == ForEverybody || (file is not null && IsReadable(file) == false))
        {
            await error.WriteLineAsync($"mailq: only the user the server runs as, and root, may list the queue: {(file == ForEverybody ? Usual : file)} is closed to {UserName}");
            return ExitCodes.NotPermitted;
        }

        await using var text = new StreamWriter(output, leaveOpen: true);
        return await MailqCommand.RunAsync(file, text, error);
    }

    private async Task<int> SendAsync(SendmailArguments arguments, Stream input)
    {
        var limit = options.Listener.Values.Max(listener => listener.MaxMessageSize.Bytes);
        if (await ReadAsync(input, limit) is not { } text)
        {
            await error.WriteLineAsync($"sendmail: the message is larger than {limit} octets");
            return DataError;
        }

        var message = SendmailMessage.Make(arguments, text, UserName, options);
        return await TrySubmitAsync(message) ?? await DropAsync(message);
    }

    private static async Task<byte[]?> ReadAsync(Stream input, long limit)
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await input.ReadAsync(buffer)) > 0)
        {
            await text.WriteAsync(buffer.AsMemory(0, read));
            if (text.Length > limit)
            {
                return null;
            }
        }

        return text.ToArray();
    }

    /// <summary>Null when the server is not there or cannot take it now.</summary>
    private async Task<int?> TrySubmitAsync(SendmailMessage message)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var socket = await ConnectAsync(patience.Token);
            var client = new SmtpClientOptions { EhloName = options.Hostname.Ascii };
            await using var session = new SmtpClientSession(new NetworkStream(socket, ownsSocket: false), client, TimeProvider.System);
            await session.GreetAsync(patience.Token);
            var transaction = new ClientTransaction { Envelope = message.Envelope, Prefix = default, Content = message.Content, SizeBytes = message.Content.Length };
            var result = await session.SendAsync(transaction, patience.Token);
            await session.QuitAsync();
            return await ReportAsync(message.Envelope, result);
        }
        catch (Exception trouble) when (trouble is SocketException or SmtpProtocolException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    // Lost behind the final dot: the server may have it. Two copies are better than none.
    private async Task<int?> ReportAsync(Envelope envelope, TransactionResult result)
    {
        if (result.Recipients.Any(recipient => recipient.Reply is null or { IsTemporary: true }))
        {
            return result.Recipients.Any(recipient => recipient.Reply is { IsPositive: true }) ? TryLater : null;
        }

        var code = ExitCodes.Ok;
        for (var i = 0; i < envelope.Recipients.Count; i++)
        {
            if (result.Recipients[i].Reply is { IsPositive: false } refusal)
            {
                await error.WriteLineAsync($"sendmail: {envelope.Recipients[i].Mailbox}: {refusal}");
                code = result.Recipients[i].Step is TransactionStep.Recipient ? NoUser : DataError;
            }
        }

        return code;
    }

    private async Task<int> DropAsync(SendmailMessage message)
    {
        var maildrop = new Maildrop(options.Local.Maildrop);
        if (!Directory.Exists(maildrop.Folder))
        {
            // Made here it would be this user's, or one that no server looks at.
            await error.WriteLineAsync(
                $"sendmail: no server takes the message, and it cannot be kept: there is no maildrop {maildrop.Folder}, which the server makes when it starts; "
                + $"[local] maildrop in {file} must name the one of the server's own configuration");
            return TryLater;
        }

        try
        {
            maildrop.Add(message);
            return ExitCodes.Ok;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"sendmail: no server takes the message, and it cannot be kept in {maildrop.Folder}: {trouble.Message}");
            return TryLater;
        }
    }

    private async Task<int> PassThroughAsync(Stream input, Stream output)
    {
        try
        {
            using var socket = await ConnectAsync(CancellationToken.None);
            using var stream = new NetworkStream(socket, ownsSocket: false);
            var answers = stream.CopyToAsync(output);
            await input.CopyToAsync(stream);
            socket.Shutdown(SocketShutdown.Send);
            await answers;
            return ExitCodes.Ok;
        }
        catch (Exception trouble) when (trouble is SocketException or IOException)
        {
            await output.WriteAsync("421 4.3.2 The mail server is not running, try again later\r\n"u8.ToArray());
            return TryLater;
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var endpoint = EndpointOf(options);
        var socket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static EndPoint EndpointOf(RelayOptions options)
    {
        if (options.Listener.Values.Select(listener => listener.Socket).OfType<string>().FirstOrDefault() is { } path)
        {
            return new UnixDomainSocketEndPoint(path);
        }

        var listener = options.Listener.Values.FirstOrDefault(l => l.Tls != Smtp.Server.SmtpTlsMode.Implicit) ?? options.Listener.Values.First();
        var address = listener.Endpoint.Address;
        return new IPEndPoint(
            address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address, listener.Endpoint.Port);
    }
}
