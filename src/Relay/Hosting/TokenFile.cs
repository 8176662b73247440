using Relay.Admin;
using Relay.Senders;

namespace Relay;

/// <summary>The file with the first admin token in clear, readable by the service user alone.</summary>
internal sealed class TokenFile : ITokenFile
{
    private readonly string _path;
    private readonly AdminTokens _tokens;

    public TokenFile(string path, AdminTokens tokens)
    {
        _path = path;
        _tokens = tokens;
    }

    public static void Write(string path, string token)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        PrivateFile.Write(path, token + "\n");
    }

    public async ValueTask<string> RotateAsync(AuditActor actor, CancellationToken cancellationToken)
    {
        Write(_path, await _tokens.RotateAsync(actor, cancellationToken));
        return _path;
    }
}
