using System.Globalization;

namespace Relay.Tests.Integration;

/// <summary>The services of a Postfix of ours (its master.cf): one door, everything behind it, nothing in a chroot.</summary>
internal static class PostfixServices
{
    public static string At(string address, int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {address}:{port} inet n - n - - smtpd
        postlog unix-dgram n - n - 1 postlogd
        pickup unix n - n 60 1 pickup
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        tlsmgr unix - - n 1000? 1 tlsmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        verify unix - - n - 1 verify
        flush unix n - n 1000? 0 flush
        proxymap unix - - n - - proxymap
        virtual unix - n n - - virtual
        error unix - - n - - error
        retry unix - - n - - error
        anvil unix - - n - 1 anvil
        scache unix - - n - 1 scache
        smtp unix - - n - - smtp

        """);
}
