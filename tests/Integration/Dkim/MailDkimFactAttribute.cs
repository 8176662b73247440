using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Skips where Perl with Mail::DKIM is not installed (Debian: libmail-dkim-perl).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MailDkimFactAttribute : FactAttribute
{
    public MailDkimFactAttribute()
    {
        if (PeerFactAttribute.FindExecutable("perl") is null || !File.Exists("/usr/share/perl5/Mail/DKIM/Verifier.pm"))
        {
            Skip = "perl with Mail::DKIM is not installed (libmail-dkim-perl)";
        }
    }
}
