/* Uses every descriptor number below 1100, and closes it; then calls a function that has not been called before. The argument: RLIMIT_NOFILE. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, END = 1100 };

__attribute__((noinline)) static unsigned after(unsigned n) { unsigned x = 1; while (n--) x = x * 69069 + (x >> 9); return x; }

static int open_ones(void)
{
	int n = 0;
	for (int fd = FIRST; fd < END; fd++) n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int listed(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	for (struct dirent *e; (e = readdir(d));) n += atoi(e->d_name) >= FIRST && atoi(e->d_name) != dirfd(d);
	closedir(d);
	return n;
}

static int found(void)
{
	int n = 0;
	char path[40];
	for (int fd = FIRST; fd < END; fd++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		int got = open(path, O_RDONLY);
		if (got >= 0) n++, close(got);
	}
	return n;
}

static int duplicated(void)
{
	int n = 0;
	for (int fd = 900; fd < END; fd++) {
		int got = fcntl(1, F_DUPFD, fd);
		n += got == fd;
		close(got);
	}
	return n;
}

static int taken(void)
{
	int n = 0;
	for (int fd = FIRST; fd < END; fd++) n += dup2(1, fd) == fd;
	return n;
}

static int closed(void)
{
	int n = 0;
	for (int fd = FIRST; fd < END; fd++) n += close(fd) == 0;
	return n;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { atoi(argv[argc - 1]), atoi(argv[argc - 1]) };
	int status;
	setrlimit(RLIMIT_NOFILE, &limit);
	printf("%d open, %d listed, %d found, %d duplicated\n", open_ones(), listed(), found(), duplicated());
	pid_t pid = vfork();
	if (!pid) taken(), _exit(closed() == END - FIRST);
	waitpid(pid, &status, 0);
	printf("%d in a child\n", WEXITSTATUS(status));
	pid = fork();
	if (!pid) taken(), _exit(closed() == END - FIRST);
	waitpid(pid, &status, 0);
	printf("%d in a child\n", WEXITSTATUS(status));
	printf("%d taken, ", taken());
	printf("%d closed, ", closed());
	printf("%d in range, ", taken());
	printf("%d, ", (int)syscall(SYS_close_range, FIRST, ~0u, 0));
	printf("%d open, %d listed\n", open_ones(), listed());
	volatile unsigned sum = after(1000);
	(void)sum;
	return 0;
}
